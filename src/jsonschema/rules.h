// Rules are the keywords of one subschema that look at a single value and must be exact: numbers with all their digits,
// and patterns in a time that is linear in the text, whatever the pattern.
//
//   minimum maximum exclusiveMinimum exclusiveMaximum multipleOf const enum uniqueItems pattern
//
// Threads:   immutable after Parse.
// Failure:   Parse: InvalidArgument that names the keyword and says what it takes.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "json/value.h"
#include "jsonschema/decimal.h"

namespace millrace::jsonschema {

class Rules {
 public:
  static bool Knows(std::string_view keyword);
  // `keywords`: an object that has only keywords which Rules knows.
  static Result<std::shared_ptr<const Rules>> Parse(const json::Value& keywords);
  ~Rules();

  // Nothing, or what is wrong with the value: "must be at least 3".
  std::optional<std::string> Check(const json::Value& value) const;
  bool has_pattern() const { return pattern_ != nullptr; }

 private:
  struct Pattern;  // the only thing here that knows the library of regular expressions

  Rules();
  Status Add(std::string_view keyword, const json::Value& value);
  std::optional<std::string> CheckNumber(const Decimal& number) const;

  std::optional<Decimal> minimum_;
  std::optional<Decimal> maximum_;
  std::optional<Decimal> exclusive_minimum_;
  std::optional<Decimal> exclusive_maximum_;
  std::optional<Decimal> multiple_of_;
  std::optional<std::set<std::string>> values_;  // canonical
  std::optional<std::string> constant_;
  bool unique_ = false;
  std::unique_ptr<Pattern> pattern_;
};

// Equal values have equal texts: names sorted, numbers by value.
std::string CanonicalText(const json::Value& value);
// A value for a message, cut short.
std::string Shown(const json::Value& value);

}  // namespace millrace::jsonschema
