// Matcher tells which of many rules match an event, from the event's JSON text, in time that hardly depends on the
// number of rules.
//
//   text ─► tokens ─► fields on a path that a rule names ─► conditions that the value meets ─► rules all of whose
//                                                            (FieldIndex)                       conditions are met
//
// Rules that ask the same of a field share one condition. A rule is looked at only when the most selective of its
// conditions is met. Only rules with several fields within arrays need the search that keeps array elements apart.
//
// Rules may come and go while others match: a change makes a new snapshot that shares nearly everything with the old
// one, and a reader takes the newest snapshot at its next event.
//
// Its meaning is that of Pattern::Matches, rule by rule, and of json::Document for what an event is; of equal names in
// an object all count.
//
// Threads:   Matcher is thread-safe; a MatchReader belongs to one thread.
// Ownership: a MatchReader must not outlive its Matcher.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/error.h"
#include "pattern/pattern.h"

namespace millrace::pattern {

using RuleId = std::uint32_t;

class Matcher {
 public:
  Matcher();
  ~Matcher();
  Matcher(const Matcher&) = delete;
  Matcher& operator=(const Matcher&) = delete;

  // Every Match that begins after this has returned sees the rule. Error: AlreadyExists.
  Status Add(RuleId id, const Pattern& pattern);
  // Adds the rule, or gives it this pattern instead: at every moment one of the two is matched.
  void Put(RuleId id, const Pattern& pattern);
  // False: there is no such rule.
  bool Remove(RuleId id);
  std::size_t rule_count() const;

 private:
  friend class MatchReader;
  class Core;
  std::unique_ptr<Core> core_;
};

enum class Reading : std::uint8_t {
  kWhole,      // the whole text is checked, and of equal names all are seen
  kEarlyStop,  // ends when every name that a rule asks for was seen: errors and equal names behind that are not
};

class MatchReader {
 public:
  explicit MatchReader(const Matcher& matcher, Reading reading = Reading::kWhole);
  ~MatchReader();
  MatchReader(MatchReader&&) noexcept;

  // Ascending, valid until the next call. InvalidArgument: the text is not a JSON object; tells where.
  Result<std::span<const RuleId>> Match(std::string_view event);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace millrace::pattern
