// FieldTree holds the paths that the rules ask for, split at their dots, with the FieldIndex of each that is asked for.
// Changing it makes new nodes along one path and shares the rest.
//
// Threads:   immutable.
// Ownership: plain value; a copy shares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pattern/field_index.h"

namespace millrace::pattern {

class FieldTree {
 public:
  class Node;
  using NodePtr = std::shared_ptr<const Node>;

  class Node {
   public:
    // By one name of an event, which may hold dots itself; null: nobody asks.
    const Node* Follow(std::string_view name) const {
      const Node* node = Find(name);
      return node != nullptr || !has_grandchildren_ ? node : FollowParts(name);
    }
    bool has_children() const { return !children_.empty(); }
    std::size_t child_count() const { return children_.size(); }
    // Which of the first 64 children it is, or 0.
    std::uint64_t BitOf(const Node* child) const {
      for (std::size_t i = 0; i < children_.size() && i < 64; ++i)
        if (children_[i].node.get() == child) return std::uint64_t{1} << i;
      return 0;
    }
    // Null if no path ends here.
    const FieldIndex* index() const { return index_.get(); }

   private:
    friend class FieldTree;

    // Compared by the first bytes and the length, which nearly always decides.
    struct Child {
      std::uint64_t head;
      std::string name;
      NodePtr node;
    };
    static std::uint64_t HeadOf(std::string_view name) {
      std::uint64_t head = 0;
      if (name.size() >= 8) {
        std::memcpy(&head, name.data(), 8);
      } else if (name.size() >= 4) {
        std::uint32_t first, last;
        std::memcpy(&first, name.data(), 4);
        std::memcpy(&last, name.data() + name.size() - 4, 4);
        head = first | static_cast<std::uint64_t>(last) << 32;
      } else if (!name.empty()) {
        const auto byte = [&](std::size_t i) {
          return static_cast<std::uint64_t>(static_cast<unsigned char>(name[i]));
        };
        head = byte(0) | byte(name.size() / 2) << 8 | byte(name.size() - 1) << 16;
      }
      return head;
    }
    static constexpr std::size_t kLinearMax = 12;
    // The first child that is not less, in the order of heads.
    std::size_t LowerBound(std::uint64_t head) const;

    // Whether a child may have a name of that length: most names of an event are told apart by that alone.
    bool MayHave(std::size_t name_size) const { return (name_sizes_ >> name_size % 64 & 1) != 0; }
    const Node* Find(std::string_view name) const {
      if (!MayHave(name.size())) return nullptr;
      const std::uint64_t head = HeadOf(name);
      std::size_t i = children_.size() <= kLinearMax ? 0 : LowerBound(head);
      for (; i < children_.size() && children_[i].head <= head; ++i) {
        const Child& child = children_[i];
        if (child.head == head && child.name.size() == name.size() &&
            (name.size() <= 8 || std::memcmp(child.name.data(), name.data(), name.size()) == 0))
          return child.node.get();
      }
      return nullptr;
    }
    const Node* FollowParts(std::string_view name) const;

    std::vector<Child> children_;  // by head
    std::shared_ptr<const FieldIndex> index_;
    std::uint64_t name_sizes_ = 0;  // of the children, modulo 64, as bits
    bool has_grandchildren_ = false;
  };

  // Null if there are no paths.
  const Node* root() const { return root_.get(); }
  // The index at a path, or null.
  std::shared_ptr<const FieldIndex> At(std::string_view path) const;
  // Null takes the path away.
  void Set(std::string_view path, std::shared_ptr<const FieldIndex> index);

 private:
  static NodePtr With(const Node* node, const std::string_view* path, std::shared_ptr<const FieldIndex> index);

  NodePtr root_;
};

}  // namespace millrace::pattern
