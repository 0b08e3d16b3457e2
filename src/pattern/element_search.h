// ElementSearch looks for one field per condition such that no two of them lie in different elements of one array.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-arrays.html
//
// Conditions are taken in the order of their paths, as event-ruler does; the order shows only where {"exists": false}
// is judged within the elements that the conditions before it chose.
//
// Threads:   externally synchronised.
// Ownership: the elements and the choices outlive it.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <vector>

#include "pattern/elements.h"

namespace millrace::pattern {

class ElementSearch {
 public:
  // What one condition offers: the elements of the fields that satisfy it, and, if its absence would do, of all fields
  // at its path. Ascending, each once.
  struct Choices {
    std::vector<ElementId> elements;
    bool or_absent = false;
    std::vector<ElementId> present;

    // Brings both lists into their order.
    void Sort();
  };

  // Steps are counted over all runs: an event made to be slow ends the search, without a match.
  ElementSearch(const Elements& elements, std::size_t steps_max);

  bool Run(const std::vector<const Choices*>& conditions);

  bool exhausted() const { return steps_left_ == 0; }
  // False once all steps are spent.
  bool Spend(std::size_t steps);

 private:
  void NoteUse(const std::vector<ElementId>& elements, std::size_t condition);
  bool From(std::size_t condition);
  bool TryFields(std::size_t condition);
  std::optional<std::size_t> NextConsistent(const std::vector<ElementId>& elements, std::size_t at);

  const Elements& elements_;
  const std::vector<const Choices*>* conditions_ = nullptr;
  std::vector<ElementId> chosen_;        // by array
  std::vector<ElementId> chosen_order_;  // the same, as a stack
  std::vector<std::size_t> last_use_;    // by array: the last condition that touches it, counted from 1
  std::set<std::vector<ElementId>> failed_;
  std::size_t steps_left_;
};

}  // namespace millrace::pattern
