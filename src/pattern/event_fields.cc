#include "pattern/event_fields.h"

namespace millrace::pattern {

EventFields::EventFields(const json::Value& event, const PathTree& paths) : paths_(paths), fields_(paths.path_count()) {
  ReadObject(event, PathTree::kRoot, kNoElement);
}

void EventFields::ReadObject(const json::Value& object, PathTree::NodeId node, ElementId element) {
  for (const json::Member& member : object.object()) {
    const PathTree::NodeId next = paths_.Follow(node, member.name);
    if (next != PathTree::kNowhere) ReadValue(member.value, next, element);
  }
}

void EventFields::ReadValue(const json::Value& value, PathTree::NodeId node, ElementId element) {
  if (value.is_object()) {
    ReadObject(value, node, element);
  } else if (value.is_array()) {
    ReadArray(value, node, element);
  } else if (const std::uint32_t path = paths_.PathAt(node); path != PathTree::kNoPath) {
    fields_[path].push_back({&value, element});
  }
}

void EventFields::ReadArray(const json::Value& array, PathTree::NodeId node, ElementId element) {
  const ArrayId id = elements_.BeginArray();
  for (const json::Value& item : array.array()) {
    ElementId around = element;
    if (item.is_object() || item.is_array()) around = elements_.Add(element, id);
    ReadValue(item, node, around);
  }
  elements_.EndArray(id);
}

}  // namespace millrace::pattern
