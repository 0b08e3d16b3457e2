// Constraints collects what a request's members violate and says it the way AWS's validation framework does:
// "2 validation errors detected: Value '0' at 'limit' failed to satisfy constraint: …; Value …".
//
// AWS reworded these messages region by region during 2026. The words here are those of the regions that have changed,
// us-east-1 and eu-west-2 among them; which members echo their value is as observed there.
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

namespace millrace::api::dynamodb {

// Names of tables and indexes.
inline constexpr std::size_t kNameBytesMin = 3;
inline constexpr std::size_t kNameBytesMax = 255;
inline constexpr std::string_view kNamePattern = "[a-zA-Z0-9_.-]+";
inline constexpr std::size_t kTableArnBytesMax = 1024;

bool MatchesNamePattern(std::string_view name);

class Constraints {
 public:
  // "Value null at 'key' failed to satisfy constraint: Member must not be null".
  void NotNull(bool present, std::string_view member);
  // "Value 'X' at 'select' failed to satisfy constraint: Member must satisfy enum value set: [A, B]".
  void OneOf(std::optional<std::string_view> value, std::string_view member, std::span<const std::string_view> allowed);
  void AtLeast(std::optional<std::int64_t> value, std::string_view member, std::int64_t least);
  void AtMost(std::optional<std::int64_t> value, std::string_view member, std::int64_t most);
  // Length bounds of a text whose value is echoed.
  void Length(std::string_view value, std::string_view member, std::size_t least, std::size_t most);
  // A table's or an index's name.
  void Name(std::optional<std::string_view> name, std::string_view member, std::size_t least = kNameBytesMin);
  // The two enums that nearly every operation has.
  void ReturnConsumedCapacity(std::optional<std::string_view> value);
  void ReturnItemCollectionMetrics(std::optional<std::string_view> value);
  // "Failed to satisfy constraint: …", without member and value, as observed.
  void ReturnValues(std::optional<std::string_view> value);
  void ReturnValuesOnConditionCheckFailure(std::optional<std::string_view> value, std::string_view member);

  // A violation in full: "Value at 'TransactItems' failed to satisfy constraint: …".
  void Add(std::string violation);

  bool ok() const { return count_ == 0; }
  Status Check() const;

 private:
  std::string text_;
  int count_ = 0;
};

// "1 validation error detected: " and the text: the framework's form for a single mistake.
Error OneValidationError(std::string_view text);
// Puts a validation error into that form unless it has it already. PutItem, UpdateItem and DeleteItem report what they
// find before they look up the table so; the other operations report the bare text. Other errors stay as they are.
Error InEnvelope(Error error);

}  // namespace millrace::api::dynamodb
