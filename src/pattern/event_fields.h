// EventFields are the scalars of an event that lie on the paths of a pattern, each with the array elements around it.
//
// A path runs through arrays as if they were not there. What an element of an array holds must be told from what its
// siblings hold, though: two fields of one rule may not come from two elements of the same array. An element here is an
// object or array that stands in an array; a scalar in an array belongs to none of that array's elements.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-arrays.html
//
// Threads:   immutable once built.
// Ownership: points into the event, which must outlive it.
#pragma once

#include <cstdint>
#include <vector>

#include "json/value.h"
#include "pattern/path_tree.h"

namespace millrace::pattern {

// Elements are numbered in the order in which the event is read, so that what lies in one element, or in one array, has
// adjacent numbers.
using ElementId = std::uint32_t;
using ArrayId = std::uint32_t;
inline constexpr ElementId kNoElement = 0;

struct Field {
  const json::Value* value;
  ElementId element;  // the innermost around it, or kNoElement
};

class EventFields {
 public:
  // REQUIRES: `event` is an object.
  EventFields(const json::Value& event, const PathTree& paths);

  const std::vector<Field>& At(std::uint32_t path) const { return fields_[path]; }

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

  void ReadObject(const json::Value& object, PathTree::NodeId node, ElementId element);
  void ReadValue(const json::Value& value, PathTree::NodeId node, ElementId element);
  void ReadArray(const json::Value& array, PathTree::NodeId node, ElementId element);

  const PathTree& paths_;
  std::vector<std::vector<Field>> fields_;
  std::vector<Element> elements_{1};
  std::vector<ElementId> array_ends_;
};

}  // namespace millrace::pattern
