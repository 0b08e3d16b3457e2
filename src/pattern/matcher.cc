#include "pattern/matcher.h"

#include <algorithm>

#include "json/parse.h"
#include "pattern/element_search.h"
#include "pattern/event_reader.h"
#include "pattern/rule_table.h"
#include "pattern/rule_writer.h"

namespace millrace::pattern {

class Matcher::Core : public RuleWriter {};

Matcher::Matcher() : core_(std::make_unique<Core>()) {}
Matcher::~Matcher() = default;

Status Matcher::Add(RuleId id, const Pattern& pattern) {
  return core_->Add(id, pattern);
}
void Matcher::Put(RuleId id, const Pattern& pattern) {
  core_->Put(id, pattern);
}
bool Matcher::Remove(RuleId id) {
  return core_->Remove(id);
}
std::size_t Matcher::rule_count() const {
  return core_->rule_count();
}

class MatchReader::State {
 public:
  State(const RuleWriter& rules, Reading reading) : rules_(rules), reading_(reading) {}

  Result<std::span<const RuleId>> Match(std::string_view event) {
    if (table_ == nullptr || version_ != rules_.version()) Refresh();
    BeginEvent();
    const auto leaf = [this](const FieldIndex& index, LeafKind kind, std::string_view text, ElementId element) {
      if (index.watches_absence()) {
        seen_[index.path()] = event_;
        present_.push_back({index.path(), element});
      }
      index.Ask(
          kind, text, scratch_, [this, element](ConditionId id) { return IsNew(id, element); },
          [this, element](ConditionId id) { Meet(id, element); });
    };
    const FieldTree::Node* root = table_->fields.root();
    const bool ok =
        reading_ == Reading::kWhole ? reader_.ReadWhole(event, root, leaf) : reader_.ReadEarlyStop(event, root, leaf);
    if (!ok) return WhatIsWrong(event);
    Decide();
    return std::span<const RuleId>(matched_);
  }

 private:
  // A condition, or the path of a field, and an element in which it was met, or lay.
  struct Place {
    std::uint32_t what;
    ElementId element;
    auto operator<=>(const Place&) const = default;
  };

  void Refresh() {
    // The version first: a table that is newer than its version is only taken once more.
    version_ = rules_.version();
    table_ = rules_.Table();
    if (met_.size() < table_->slot_count) met_.resize(table_->slot_count);
    if (seen_.size() < table_->path_count) seen_.resize(table_->path_count);
  }

  void BeginEvent() {
    if (++event_ == kEventMax) {  // wrapped around
      event_ = 1;
      std::ranges::fill(met_, 0);
      std::ranges::fill(seen_, 0);
    }
    met_order_.clear();
    places_.clear();
    present_.clear();
    matched_.clear();
    sorted_ = false;
  }

  void Meet(ConditionId id, ElementId element) {
    std::uint32_t& met = met_[SlotOf(id)];
    if (met >> 1 != event_) {
      met = event_ << 1;
      met_order_.push_back(SlotOf(id));
    }
    if (element == kNoElement) {
      met |= 1;
    } else if (StandsBesideOthers(id) && (places_.empty() || places_.back() != Place{SlotOf(id), element})) {
      places_.push_back({SlotOf(id), element});
    }
  }
  // Whether meeting it there would make a difference.
  bool IsNew(ConditionId id, ElementId element) const {
    return !IsMet(id) || (StandsBesideOthers(id) && (element != kNoElement || !IsMetOutsideOfElements(id)));
  }
  bool IsMet(ConditionId id) const { return met_[SlotOf(id)] >> 1 == event_; }
  // REQUIRES: it is met.
  bool IsMetOutsideOfElements(ConditionId id) const { return (met_[SlotOf(id)] & 1) != 0; }

  void Decide() {
    for (const std::uint32_t slot : met_order_) {
      const RuleTable::Candidates* candidates = table_->CandidatesOf(slot);
      if (candidates == nullptr) continue;
      for (const Candidate& candidate : *candidates) {
        if (candidate.conjunction != nullptr ? Holds(*candidate.conjunction)
                                             : candidate.other == Candidate::kNone || HoldsWith(slot, candidate.other))
          matched_.push_back(candidate.rule);
      }
    }
    for (const auto& conjunction : table_->without_fields)
      if (Holds(*conjunction)) matched_.push_back(conjunction->rule);
    if (matched_.size() <= 1) return;
    if (!std::ranges::is_sorted(matched_)) std::ranges::sort(matched_);
    matched_.erase(std::unique(matched_.begin(), matched_.end()), matched_.end());
  }

  // Two conditions, the first of which is met.
  bool HoldsWith(std::uint32_t slot, ConditionId other) {
    if (!IsMet(other)) return false;
    if (places_.empty() || IsMetOutsideOfElements(other) || (met_[slot] & 1) != 0) return true;
    const ElementSearch::Choices first = ChoicesOf(slot << 1, 0, false);
    const ElementSearch::Choices second = ChoicesOf(other, 0, false);
    return ElementSearch(reader_.elements(), limits::kMatchStepsMax).Run({&first, &second});
  }

  bool Holds(const Conjunction& conjunction) {
    std::size_t within_elements = 0;
    bool must_be_absent = false;  // something that is there
    for (const Conjunction::Part& part : conjunction.parts) {
      if (IsMet(part.condition)) {
        if (!IsMetOutsideOfElements(part.condition)) ++within_elements;
      } else if (!part.or_absent) {
        return false;
      } else if (seen_[part.path] == event_) {
        must_be_absent = true;
      }
    }
    if (!must_be_absent && within_elements <= 1) return true;
    // A field may be absent from the elements that the other conditions chose.
    if (places_.empty()) return false;
    std::vector<ElementSearch::Choices> choices;
    choices.reserve(conjunction.parts.size());
    for (const Conjunction::Part& part : conjunction.parts)
      choices.push_back(ChoicesOf(part.condition, part.path, part.or_absent));
    std::vector<const ElementSearch::Choices*> conditions;
    for (const ElementSearch::Choices& each : choices) conditions.push_back(&each);
    return ElementSearch(reader_.elements(), limits::kMatchStepsMax).Run(conditions);
  }

  ElementSearch::Choices ChoicesOf(ConditionId id, std::uint32_t path, bool or_absent) {
    if (!std::exchange(sorted_, true)) {
      std::ranges::sort(places_);
      std::ranges::sort(present_);
    }
    ElementSearch::Choices choices;
    if (IsMet(id)) {
      if (IsMetOutsideOfElements(id)) choices.elements.push_back(kNoElement);
      Collect(places_, SlotOf(id), choices.elements);
    }
    choices.or_absent = or_absent;
    if (or_absent) Collect(present_, path, choices.present);
    return choices;
  }
  static void Collect(const std::vector<Place>& places, std::uint32_t what, std::vector<ElementId>& elements) {
    for (auto at = std::ranges::lower_bound(places, what, {}, &Place::what); at != places.end() && at->what == what;
         ++at)
      if (elements.empty() || elements.back() != at->element) elements.push_back(at->element);
  }

  static Error WhatIsWrong(std::string_view event) {
    json::Document document;
    const Status status =
        document.Parse(event, {.depth_max = kEventDepthMax, .duplicate_names = json::DuplicateNames::kKeepAll});
    if (!status.ok()) return status.error();
    return InvalidArgument("invalid event at byte 0: an event is a JSON object, this is a JSON {}",
                           json::TypeName(document.root().type()));
  }

  static constexpr std::uint32_t kEventMax = std::uint32_t{1} << 31;

  const RuleWriter& rules_;
  const Reading reading_;
  std::uint64_t version_ = 0;
  std::shared_ptr<const RuleTable> table_;
  EventReader reader_;
  FieldScratch scratch_;
  std::uint32_t event_ = 0;  // counts the events
  // By slot: the last event that met the condition, times two, plus one if outside of all array elements.
  std::vector<std::uint32_t> met_;
  std::vector<std::uint32_t> met_order_;
  std::vector<std::uint32_t> seen_;  // by path: the last event that had the field, for those whose absence counts
  std::vector<Place> places_;        // of conditions that stand beside others
  std::vector<Place> present_;       // of fields whose absence counts
  bool sorted_ = false;              // the last two
  std::vector<RuleId> matched_;
};

MatchReader::MatchReader(const Matcher& matcher, Reading reading)
    : state_(std::make_unique<State>(*matcher.core_, reading)) {}
MatchReader::~MatchReader() = default;
MatchReader::MatchReader(MatchReader&&) noexcept = default;

Result<std::span<const RuleId>> MatchReader::Match(std::string_view event) {
  return state_->Match(event);
}

}  // namespace millrace::pattern
