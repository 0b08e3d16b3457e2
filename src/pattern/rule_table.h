// RuleTable is one snapshot of a Matcher's rules: which fields to look at, and for each condition the rules to look at
// once it is met.
//
// Threads:   immutable once published.
// Ownership: plain value; a copy shares nearly everything.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "pattern/field_tree.h"
#include "pattern/matcher.h"

namespace millrace::pattern {

// Condition ids carry in their lowest bit whether the condition ever stands beside others in a rule; the rest is its
// slot.
inline bool StandsBesideOthers(ConditionId id) {
  return (id & 1) != 0;
}
inline std::uint32_t SlotOf(ConditionId id) {
  return id >> 1;
}

// All conditions that make up one way to match a rule, in the order of their paths.
struct Conjunction {
  struct Part {
    ConditionId condition;
    std::uint32_t path;
    bool or_absent;
  };
  RuleId rule;
  std::vector<Part> parts;
};

// What to look at when a condition is met.
struct Candidate {
  static constexpr ConditionId kNone = UINT32_MAX;

  RuleId rule;
  // The other one of two conditions, neither of which an absent field meets; or none if the condition stands alone.
  ConditionId other = kNone;
  // Anything else.
  std::shared_ptr<const Conjunction> conjunction = nullptr;
};

class RuleTable {
 public:
  using Candidates = std::vector<Candidate>;

  FieldTree fields;
  // Rules that match if none of some fields is there; to look at for every event.
  std::vector<std::shared_ptr<const Conjunction>> without_fields;
  std::uint32_t slot_count = 0;  // one more than the highest slot of a condition
  std::uint32_t path_count = 0;  // one more than the highest number of a path

  // Null: there are none.
  const Candidates* CandidatesOf(std::uint32_t slot) const {
    return (*pages_[slot / kPageSlots])[slot % kPageSlots].get();
  }
  void SetCandidates(std::uint32_t slot, std::shared_ptr<const Candidates> candidates);

 private:
  static constexpr std::size_t kPageSlots = 256;
  using Page = std::array<std::shared_ptr<const Candidates>, kPageSlots>;

  std::vector<std::shared_ptr<const Page>> pages_;
};

}  // namespace millrace::pattern
