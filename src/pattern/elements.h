// Elements are the objects and arrays that stand in the arrays of one event. A scalar in an array belongs to none of
// that array's elements.
//
// Threads:   externally synchronised while it is filled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace::pattern {

// Elements are numbered in the order in which the event is read, so that what lies in one element, or in one array, has
// adjacent numbers.
using ElementId = std::uint32_t;
using ArrayId = std::uint32_t;
inline constexpr ElementId kNoElement = 0;

class Elements {
 public:
  void Clear() {
    elements_.resize(1);
    array_ends_.clear();
  }
  ArrayId BeginArray() {
    array_ends_.push_back(0);
    return static_cast<ArrayId>(array_ends_.size() - 1);
  }
  void EndArray(ArrayId array) { array_ends_[array] = static_cast<ElementId>(elements_.size()); }
  // An element of `array`, which itself stands in the element `parent`.
  ElementId Add(ElementId parent, ArrayId array) {
    elements_.push_back({parent, array});
    return static_cast<ElementId>(elements_.size() - 1);
  }

  ElementId ParentOf(ElementId element) const { return elements_[element].parent; }
  ArrayId ArrayOf(ElementId element) const { return elements_[element].array; }
  // The first element number after all that lies in the array.
  ElementId EndOf(ArrayId array) const { return array_ends_[array]; }
  std::size_t array_count() const { return array_ends_.size(); }

 private:
  struct Element {
    ElementId parent = kNoElement;
    ArrayId array = 0;
  };
  std::vector<Element> elements_{1};
  std::vector<ElementId> array_ends_;
};

}  // namespace millrace::pattern
