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
#include "pattern/elements.h"
#include "pattern/path_tree.h"

namespace millrace::pattern {

struct Field {
  const json::Value* value;
  ElementId element;  // the innermost around it, or kNoElement
};

class EventFields {
 public:
  // REQUIRES: `event` is an object.
  EventFields(const json::Value& event, const PathTree& paths);

  const std::vector<Field>& At(std::uint32_t path) const { return fields_[path]; }

  const Elements& elements() const { return elements_; }

 private:
  void ReadObject(const json::Value& object, PathTree::NodeId node, ElementId element);
  void ReadValue(const json::Value& value, PathTree::NodeId node, ElementId element);
  void ReadArray(const json::Value& array, PathTree::NodeId node, ElementId element);

  const PathTree& paths_;
  std::vector<std::vector<Field>> fields_;
  Elements elements_;
};

}  // namespace millrace::pattern
