// Pattern decides whether an event matches an EventBridge event pattern. It evaluates the pattern as it was written,
// condition by condition; it is the yardstick for anything faster.
//
// The language and its corner cases are those of AWS:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html, checked against recorded answers of
// the service (tests/data/patterns). It differs where the service has an accident rather than a rule:
//  - IPv4 and IPv6 are never mixed up; {"equals-ignore-case": "😀"} matches itself.
//  - Text after the pattern's closing brace is an error.
//  - A pattern with "$or" that is wrong in itself is reported for what is wrong in it. What the service takes as a
//  field
//    named "$or" ("$or": ["a"]) is taken so here.
//
// Threads:   immutable after Parse.
// Failure:   InvalidArgument with the words of the service; see ParseFailure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "json/value.h"
#include "pattern/condition.h"
#include "pattern/path_tree.h"

namespace millrace::pattern {

namespace limits {
inline constexpr std::size_t kPatternBytesMax = 256 * 1024;  // the services that imitate AWS allow less: 4,096
inline constexpr std::uint32_t kPatternDepthMax = 300;
inline constexpr std::size_t kFieldsMax = 256;         // in one combination of $or branches, as event-ruler
inline constexpr std::size_t kCombinationsMax = 1000;  // of $or branches
// Matching ends after this much work, without a match. An event of a megabyte stays far below it, unless it or the
// pattern was made to be slow.
inline constexpr std::size_t kMatchStepsMax = 50'000'000;
}  // namespace limits

// What is wrong with a pattern, and where.
struct ParseFailure {
  std::string reason;        // "Empty arrays are not allowed"
  std::uint32_t line = 0;    // from 1; 0 if the service names no place
  std::uint32_t column = 0;  // from 1, in UTF-16 units: behind the token at which the service stops
};

class Pattern {
 public:
  // The error's message is what the service says after "Event pattern is not valid. Reason: ": the reason and, on lines
  // of their own, the place. `failure`, if given, receives the parts.
  static Result<Pattern> Parse(std::string_view json_text, ParseFailure* failure = nullptr);

  // False for anything but an object. Of equal names in an object, all count.
  bool Matches(const json::Value& event) const;

  // For what is built on patterns. An event matches if all conditions of one combination hold.
  const std::vector<Condition>& conditions() const { return conditions_; }
  // Indexes into conditions, in the order of their paths.
  const std::vector<std::vector<std::uint32_t>>& combinations() const { return combinations_; }

 private:
  std::vector<Condition> conditions_;
  std::vector<std::vector<std::uint32_t>> combinations_;
  PathTree paths_;                      // of all conditions
  std::vector<std::uint32_t> path_of_;  // condition to path
};

}  // namespace millrace::pattern
