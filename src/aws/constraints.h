// Constraints collects what a request's members violate and says it the way AWS's validation framework does:
// "2 validation errors detected: Value '0' at 'limit' failed to satisfy constraint: …; Value …".
//
// AWS reworded these messages region by region during 2026. The words here are those of the regions that have changed,
// us-east-1 and eu-west-2 among them.
//
// Threads: externally synchronised.
// Failure: Check() is InvalidArgument.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace millrace::aws {

class Constraints {
 public:
  // "Value null at 'key' failed to satisfy constraint: Member must not be null".
  void NotNull(bool present, std::string_view member);
  // "Value 'X' at 'select' failed to satisfy constraint: Member must satisfy enum value set: [A, B]".
  void OneOf(std::optional<std::string_view> value, std::string_view member, std::span<const std::string_view> allowed);
  void AtLeast(std::optional<std::int64_t> value, std::string_view member, std::int64_t least);
  void AtMost(std::optional<std::int64_t> value, std::string_view member, std::int64_t most);
  // Both bounds of a number.
  void Between(std::optional<std::int64_t> value, std::string_view member, std::int64_t least, std::int64_t most);
  // Length bounds of a text whose value is echoed.
  void Length(std::optional<std::string_view> value, std::string_view member, std::size_t least, std::size_t most);
  // Every character is a letter, a digit or one of `others`; `pattern` is how AWS writes that.
  void Characters(std::optional<std::string_view> value, std::string_view member, std::string_view others,
                  std::string_view pattern);

  // A violation in full: "Value at 'TransactItems' failed to satisfy constraint: …".
  void Add(std::string violation);

  bool ok() const { return count_ == 0; }
  Status Check() const;

 private:
  std::string text_;
  int count_ = 0;
};

}  // namespace millrace::aws
