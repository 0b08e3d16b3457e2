#include "pattern/element_search.h"

#include <algorithm>

namespace millrace::pattern {
namespace {

// What remembering a failure costs, so that memory is bounded like time.
constexpr std::size_t kStepsPerState = 100;

void SortUnique(std::vector<ElementId>& elements) {
  std::sort(elements.begin(), elements.end());
  elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
}

}  // namespace

void ElementSearch::Choices::Sort() {
  SortUnique(elements);
  SortUnique(present);
}

ElementSearch::ElementSearch(const Elements& elements, std::size_t steps_max)
    : elements_(elements),
      chosen_(elements.array_count(), kNoElement),
      last_use_(elements.array_count(), 0),
      steps_left_(steps_max) {}

bool ElementSearch::Spend(std::size_t steps) {
  steps_left_ -= std::min(steps, steps_left_);
  return steps_left_ > 0;
}

bool ElementSearch::Run(const std::vector<const Choices*>& conditions) {
  conditions_ = &conditions;
  failed_.clear();
  std::fill(last_use_.begin(), last_use_.end(), 0);
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    NoteUse(conditions[i]->elements, i);
    NoteUse(conditions[i]->present, i);
  }
  return From(0);
}

void ElementSearch::NoteUse(const std::vector<ElementId>& elements, std::size_t condition) {
  for (ElementId e : elements) {
    // Once an array is noted for this condition, so are those around it.
    for (; e != kNoElement && last_use_[elements_.ArrayOf(e)] != condition + 1; e = elements_.ParentOf(e)) {
      last_use_[elements_.ArrayOf(e)] = condition + 1;
    }
  }
}

// Whether the conditions from this one on can be met with the elements chosen so far.
bool ElementSearch::From(std::size_t condition) {
  if (condition == conditions_->size()) return true;
  // The same elements may be reached in many ways; what failed once is not tried again. Arrays that no later condition
  // touches make no difference.
  std::vector<ElementId> state{static_cast<ElementId>(condition)};
  for (const ElementId e : chosen_order_) {
    if (last_use_[elements_.ArrayOf(e)] > condition) state.push_back(e);
  }
  std::sort(state.begin() + 1, state.end());
  if (failed_.contains(state)) return false;
  if (TryFields(condition)) return true;
  const Choices& choices = *(*conditions_)[condition];
  if (choices.or_absent && !NextConsistent(choices.present, 0) && From(condition + 1)) return true;
  if (Spend(kStepsPerState)) failed_.insert(std::move(state));
  return false;
}

bool ElementSearch::TryFields(std::size_t condition) {
  const std::vector<ElementId>& elements = (*conditions_)[condition]->elements;
  for (std::size_t at = 0; !exhausted(); ++at) {
    const std::optional<std::size_t> next = NextConsistent(elements, at);
    if (!next) return false;
    at = *next;
    const std::size_t before = chosen_order_.size();
    for (ElementId e = elements[at]; e != kNoElement && chosen_[elements_.ArrayOf(e)] == kNoElement;
         e = elements_.ParentOf(e)) {
      chosen_[elements_.ArrayOf(e)] = e;
      chosen_order_.push_back(e);
    }
    const bool met = From(condition + 1);
    while (chosen_order_.size() > before) {
      chosen_[elements_.ArrayOf(chosen_order_.back())] = kNoElement;
      chosen_order_.pop_back();
    }
    if (met) return true;
  }
  return false;
}

// The first index from `at` whose element contradicts no choice.
std::optional<std::size_t> ElementSearch::NextConsistent(const std::vector<ElementId>& elements, std::size_t at) {
  while (at < elements.size()) {
    if (!Spend(1)) return std::nullopt;
    ElementId conflict = kNoElement;  // the outermost element around this one that is not the chosen one
    for (ElementId e = elements[at]; e != kNoElement; e = elements_.ParentOf(e)) {
      const ElementId chosen = chosen_[elements_.ArrayOf(e)];
      if (chosen != kNoElement && chosen != e) conflict = e;
    }
    if (conflict == kNoElement) return at;
    // On to the chosen element, or past the array if that lies behind.
    const ElementId chosen = chosen_[elements_.ArrayOf(conflict)];
    const ElementId target = conflict < chosen ? chosen : elements_.EndOf(elements_.ArrayOf(conflict));
    at = static_cast<std::size_t>(
        std::lower_bound(elements.begin() + static_cast<std::ptrdiff_t>(at), elements.end(), target) -
        elements.begin());
  }
  return std::nullopt;
}

}  // namespace millrace::pattern
