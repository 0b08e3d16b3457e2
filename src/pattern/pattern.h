// Pattern decides whether an event matches an EventBridge event pattern. It evaluates the pattern as it was written,
// condition by condition; it is the yardstick for anything faster.
//
// The language and its corner cases are those of AWS:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html, checked against recorded answers of
// the service (tests/data/patterns). Where the service has an accident rather than a rule, ParseOptions choose. In
// every dialect a pattern with "$or" that is wrong in itself is reported for what is wrong in it, while what the
// service takes as a field named "$or" ("$or": ["a"]) is taken so here; and an empty list inside anything-but, on which
// the service fails, is refused.
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
#include "pattern/parse_options.h"
#include "pattern/path_tree.h"

namespace millrace::pattern {

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
  static Result<Pattern> Parse(std::string_view json_text, ParseFailure* failure = nullptr,
                               const ParseOptions& options = {});

  // False for anything but an object. Of equal names in an object, all count.
  bool Matches(const json::Value& event) const;

  // Whether a wildcard of any kind is in it: services allow few such rules.
  bool has_wildcards() const { return has_wildcards_; }

  // For what is built on patterns. An event matches if all conditions of one combination hold. Several of them may ask
  // for one field; each may be met by another of its values.
  const std::vector<Condition>& conditions() const { return conditions_; }
  // Indexes into conditions, in the order of their paths.
  const std::vector<std::vector<std::uint32_t>>& combinations() const { return combinations_; }

 private:
  std::vector<Condition> conditions_;
  std::vector<std::vector<std::uint32_t>> combinations_;
  PathTree paths_;  // of all conditions
  bool has_wildcards_ = false;
  std::vector<std::uint32_t> path_of_;  // condition to path
};

}  // namespace millrace::pattern
