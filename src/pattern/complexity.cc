#include "pattern/complexity.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::pattern {
namespace {

// The beginnings of all wildcards as a tree: a node is a beginning, an edge one byte or a star.
class Beginnings {
 public:
  // Literal runs between stars.
  using Runs = std::vector<std::string>;

  Beginnings() : nodes_(1) {}

  // `owner` identifies the wildcard, or the anything-but it belongs to.
  void Add(const Runs& runs, std::size_t owner) {
    std::size_t node = Child(0, '"', owner);  // the quotes of a string take part
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (i > 0) node = Star(node, owner);
      for (const char c : runs[i]) node = Child(node, c, owner);
    }
    Child(node, '"', owner);
  }

  // Follows every value at the same time: a step leads from the set of beginnings that a value fits to the sets that
  // the value and one more byte fit.
  std::size_t LargestSet(std::size_t enough) const {
    // Far more sets than any pattern of EventBridge's 4,096 characters makes within its complexity.
    constexpr std::size_t kSetsMax = 20'000;
    std::size_t largest = 0;
    std::set<Set> seen;
    std::vector<Set> waiting{{0}};
    while (!waiting.empty()) {
      const Set set = std::move(waiting.back());
      waiting.pop_back();
      for (const std::optional<char> byte : BytesThatMatter(set)) {
        Set next = Step(set, byte);
        if (next.empty() || !seen.insert(next).second) continue;
        std::size_t size = 0;
        for (const std::size_t node : next) size += nodes_[node].owners.size();
        largest = std::max(largest, size);
        if (largest > enough) return largest;
        if (seen.size() > kSetsMax) return enough + 1;
        waiting.push_back(std::move(next));
      }
    }
    return largest;
  }

 private:
  static constexpr std::size_t kNone = 0;  // the root is nobody's child
  struct Node {
    std::map<char, std::size_t> children;
    std::size_t star = kNone;
    bool is_star = false;
    std::set<std::size_t> owners;
  };
  using Set = std::vector<std::size_t>;  // sorted

  std::size_t Child(std::size_t node, char byte, std::size_t owner) {
    const auto found = nodes_[node].children.find(byte);
    std::size_t child = nodes_.size();
    if (found != nodes_[node].children.end()) {
      child = found->second;
    } else {
      nodes_[node].children.emplace(byte, child);
      nodes_.emplace_back();
    }
    nodes_[child].owners.insert(owner);
    return child;
  }

  std::size_t Star(std::size_t node, std::size_t owner) {
    if (nodes_[node].star == kNone) {
      nodes_[node].star = nodes_.size();
      nodes_.emplace_back();
      nodes_.back().is_star = true;
    }
    nodes_[nodes_[node].star].owners.insert(owner);
    return nodes_[node].star;
  }

  // Every byte that an edge from the set has, and one that stands for all others.
  std::set<std::optional<char>> BytesThatMatter(const Set& set) const {
    std::set<std::optional<char>> bytes{std::nullopt};
    for (const std::size_t node : set) {
      for (const auto& [byte, child] : nodes_[node].children) bytes.insert(byte);
    }
    return bytes;
  }

  Set Step(const Set& set, std::optional<char> byte) const {
    Set next;
    const auto reach = [&](std::size_t node) {
      next.push_back(node);
      if (nodes_[node].star != kNone) next.push_back(nodes_[node].star);  // a star may stand for nothing
    };
    for (const std::size_t node : set) {
      if (nodes_[node].is_star) reach(node);
      if (!byte) continue;
      const auto child = nodes_[node].children.find(*byte);
      if (child != nodes_[node].children.end()) reach(child->second);
    }
    std::sort(next.begin(), next.end());
    next.erase(std::unique(next.begin(), next.end()), next.end());
    return next;
  }

  std::vector<Node> nodes_;
};

Beginnings::Runs LowerCase(const FoldedWildcard& wildcard) {
  Beginnings::Runs runs;
  for (const Fold& literal : wildcard.literals()) {
    std::string& run = runs.emplace_back();
    for (const Fold::Forms& forms : literal.characters()) run += forms.lower;
  }
  return runs;
}

}  // namespace

std::size_t Complexity(const Condition& condition, std::size_t enough) {
  Beginnings beginnings;
  std::size_t owner = 0;
  std::set<Beginnings::Runs> seen;  // equal wildcards count once
  for (const Alternative& alternative : condition.others) {
    if (const auto* wildcard = std::get_if<Wildcard>(&alternative)) {
      if (!seen.insert(wildcard->literals()).second) continue;
      beginnings.Add(wildcard->literals(), owner++);
    } else if (const auto* folded = std::get_if<FoldedWildcard>(&alternative)) {
      const Beginnings::Runs runs = LowerCase(*folded);
      if (seen.insert(runs).second) beginnings.Add(runs, owner++);
    } else if (const auto* but = std::get_if<AnythingButWildcards>(&alternative)) {
      for (const Wildcard& each : but->wildcards) beginnings.Add(each.literals(), owner);
      ++owner;
    }
  }
  return owner == 0 ? 0 : beginnings.LargestSet(enough);
}

}  // namespace millrace::pattern
