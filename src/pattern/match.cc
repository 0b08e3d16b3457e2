#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "pattern/event_fields.h"
#include "pattern/pattern.h"

namespace millrace::pattern {
namespace {

void SortUnique(std::vector<ElementId>& elements) {
  std::sort(elements.begin(), elements.end());
  elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
}

// Looks for one field per condition such that no two of them lie in different elements of one array.
//
// Conditions are taken in the order of their paths, as event-ruler does; the order shows only where {"exists": false}
// is judged within the elements that the conditions before it chose.
class Search {
 public:
  Search(const EventFields& fields, std::size_t steps_max)
      : fields_(fields),
        chosen_(fields.array_count(), kNoElement),
        last_use_(fields.array_count(), 0),
        steps_left_(steps_max) {}

  // What remembering a failure costs, so that memory is bounded like time.
  static constexpr std::size_t kStepsPerState = 100;

  bool exhausted() const { return steps_left_ == 0; }
  bool Spend(std::size_t steps) {
    steps_left_ -= std::min(steps, steps_left_);
    return steps_left_ > 0;
  }

  // What one condition offers: the elements of the fields that satisfy it, and, if its absence would do, of all fields
  // at its path. Ascending, each once.
  struct Choices {
    std::vector<ElementId> elements;
    bool or_absent = false;
    std::vector<ElementId> present;
  };

  bool Run(const std::vector<const Choices*>& conditions) {
    conditions_ = &conditions;
    failed_.clear();
    std::fill(last_use_.begin(), last_use_.end(), 0);
    for (std::size_t i = 0; i < conditions.size(); ++i) {
      NoteUse(conditions[i]->elements, i);
      NoteUse(conditions[i]->present, i);
    }
    return From(0);
  }

 private:
  void NoteUse(const std::vector<ElementId>& elements, std::size_t condition) {
    for (ElementId e : elements) {
      // Once an array is noted for this condition, so are those around it.
      for (; e != kNoElement && last_use_[fields_.ArrayOf(e)] != condition + 1; e = fields_.ParentOf(e)) {
        last_use_[fields_.ArrayOf(e)] = condition + 1;
      }
    }
  }

  // Whether the conditions from this one on can be met with the elements chosen so far.
  bool From(std::size_t condition) {
    if (condition == conditions_->size()) return true;
    // The same elements may be reached in many ways; what failed once is not tried again. Arrays that no later
    // condition touches make no difference.
    std::vector<ElementId> state{static_cast<ElementId>(condition)};
    for (const ElementId e : chosen_order_) {
      if (last_use_[fields_.ArrayOf(e)] > condition) state.push_back(e);
    }
    std::sort(state.begin() + 1, state.end());
    if (failed_.contains(state)) return false;
    if (TryFields(condition)) return true;
    const Choices& choices = *(*conditions_)[condition];
    if (choices.or_absent && !NextConsistent(choices.present, 0) && From(condition + 1)) return true;
    if (Spend(kStepsPerState)) failed_.insert(std::move(state));
    return false;
  }

  bool TryFields(std::size_t condition) {
    const std::vector<ElementId>& elements = (*conditions_)[condition]->elements;
    for (std::size_t at = 0; !exhausted(); ++at) {
      const std::optional<std::size_t> next = NextConsistent(elements, at);
      if (!next) return false;
      at = *next;
      const std::size_t before = chosen_order_.size();
      for (ElementId e = elements[at]; e != kNoElement && chosen_[fields_.ArrayOf(e)] == kNoElement;
           e = fields_.ParentOf(e)) {
        chosen_[fields_.ArrayOf(e)] = e;
        chosen_order_.push_back(e);
      }
      const bool met = From(condition + 1);
      while (chosen_order_.size() > before) {
        chosen_[fields_.ArrayOf(chosen_order_.back())] = kNoElement;
        chosen_order_.pop_back();
      }
      if (met) return true;
    }
    return false;
  }

  // The first index from `at` whose element contradicts no choice.
  std::optional<std::size_t> NextConsistent(const std::vector<ElementId>& elements, std::size_t at) {
    while (at < elements.size()) {
      if (!Spend(1)) return std::nullopt;
      ElementId conflict = kNoElement;  // the outermost element around this one that is not the chosen one
      for (ElementId e = elements[at]; e != kNoElement; e = fields_.ParentOf(e)) {
        const ElementId chosen = chosen_[fields_.ArrayOf(e)];
        if (chosen != kNoElement && chosen != e) conflict = e;
      }
      if (conflict == kNoElement) return at;
      // On to the chosen element, or past the array if that lies behind.
      const ElementId chosen = chosen_[fields_.ArrayOf(conflict)];
      const ElementId target = conflict < chosen ? chosen : fields_.EndOf(fields_.ArrayOf(conflict));
      at = static_cast<std::size_t>(
          std::lower_bound(elements.begin() + static_cast<std::ptrdiff_t>(at), elements.end(), target) -
          elements.begin());
    }
    return std::nullopt;
  }

  const EventFields& fields_;
  const std::vector<const Choices*>* conditions_ = nullptr;
  std::vector<ElementId> chosen_;        // by array
  std::vector<ElementId> chosen_order_;  // the same, as a stack
  std::vector<std::size_t> last_use_;    // by array: the last condition that touches it, counted from 1
  std::set<std::vector<ElementId>> failed_;
  std::size_t steps_left_;
};

}  // namespace

bool Pattern::Matches(const json::Value& event) const {
  if (!event.is_object()) return false;
  const EventFields fields(event, paths_);
  Search search(fields, limits::kMatchStepsMax);
  std::vector<std::optional<Search::Choices>> choices(conditions_.size());
  const auto choices_of = [&](std::uint32_t index) -> const Search::Choices& {
    std::optional<Search::Choices>& result = choices[index];
    if (result) return *result;
    result.emplace();
    const Condition& condition = conditions_[index];
    result->or_absent = condition.or_absent;
    for (const Field& field : fields.At(path_of_[index])) {
      if (!search.Spend(condition.Cost(*field.value))) break;
      if (condition.or_absent) result->present.push_back(field.element);
      if (!result->elements.empty() && result->elements.back() == field.element) continue;
      if (condition.Matches(*field.value)) result->elements.push_back(field.element);
    }
    SortUnique(result->elements);
    SortUnique(result->present);
    return *result;
  };

  for (const std::vector<std::uint32_t>& combination : combinations_) {
    std::vector<const Search::Choices*> conditions;
    bool possible = true;
    for (const std::uint32_t index : combination) {
      const Search::Choices& offered = choices_of(index);
      possible = !offered.elements.empty() || offered.or_absent;
      if (!possible || search.exhausted()) break;
      conditions.push_back(&offered);
    }
    if (search.exhausted()) return false;
    if (possible && search.Run(conditions) && !search.exhausted()) return true;
  }
  return false;
}

}  // namespace millrace::pattern
