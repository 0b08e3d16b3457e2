#include <optional>
#include <vector>

#include "pattern/element_search.h"
#include "pattern/event_fields.h"
#include "pattern/pattern.h"

namespace millrace::pattern {

bool Pattern::Matches(const json::Value& event) const {
  if (!event.is_object()) return false;
  const EventFields fields(event, paths_);
  ElementSearch search(fields.elements(), limits::kMatchStepsMax);
  std::vector<std::optional<ElementSearch::Choices>> choices(conditions_.size());
  const auto choices_of = [&](std::uint32_t index) -> const ElementSearch::Choices& {
    std::optional<ElementSearch::Choices>& result = choices[index];
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
    result->Sort();
    return *result;
  };

  for (const std::vector<std::uint32_t>& combination : combinations_) {
    std::vector<const ElementSearch::Choices*> conditions;
    bool possible = true;
    for (const std::uint32_t index : combination) {
      const ElementSearch::Choices& offered = choices_of(index);
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
