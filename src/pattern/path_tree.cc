#include "pattern/path_tree.h"

namespace millrace::pattern {
namespace {

// The part before the next dot; removes it and the dot. `more` tells whether there was one.
std::string_view TakePart(std::string_view& text, bool& more) {
  const std::size_t dot = text.find('.');
  const std::string_view part = text.substr(0, dot);
  more = dot != std::string_view::npos;
  text.remove_prefix(more ? dot + 1 : text.size());
  return part;
}

}  // namespace

std::uint32_t PathTree::Add(std::string_view path) {
  NodeId node = kRoot;
  for (bool more = true; more;) {
    const std::string_view part = TakePart(path, more);
    const auto found = nodes_[node].children.find(part);
    if (found != nodes_[node].children.end()) {
      node = found->second;
      continue;
    }
    const NodeId child = static_cast<NodeId>(nodes_.size());
    nodes_[node].children.emplace(part, child);
    nodes_.emplace_back();
    node = child;
  }
  if (nodes_[node].path == kNoPath) nodes_[node].path = path_count_++;
  return nodes_[node].path;
}

PathTree::NodeId PathTree::Follow(NodeId node, std::string_view name) const {
  for (bool more = true; more;) {
    const std::string_view part = TakePart(name, more);
    const auto found = nodes_[node].children.find(part);
    if (found == nodes_[node].children.end()) return kNowhere;
    node = found->second;
  }
  return node;
}

}  // namespace millrace::pattern
