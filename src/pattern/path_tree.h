// PathTree holds the paths that a pattern asks for, split at their dots, so that the names of an event, which may hold
// dots themselves, can be followed into it.
//
// Threads:   immutable once built.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::pattern {

class PathTree {
 public:
  using NodeId = std::uint32_t;
  static constexpr NodeId kRoot = 0;
  static constexpr NodeId kNowhere = UINT32_MAX;
  static constexpr std::uint32_t kNoPath = UINT32_MAX;

  PathTree() : nodes_(1) {}

  // The number of the path: counts from 0 in the order of first appearance.
  std::uint32_t Add(std::string_view path);
  std::uint32_t path_count() const { return path_count_; }

  // From `node` by one name of an event.
  NodeId Follow(NodeId node, std::string_view name) const;
  // The path that ends here, or kNoPath.
  std::uint32_t PathAt(NodeId node) const { return nodes_[node].path; }

 private:
  struct Node {
    std::map<std::string, NodeId, std::less<>> children;
    std::uint32_t path = kNoPath;
  };

  std::vector<Node> nodes_;
  std::uint32_t path_count_ = 0;
};

}  // namespace millrace::pattern
