// TextTable maps texts to tags. Changing it makes a new table that shares almost everything with the old one, so that
// one may be read while the next is made: a tree on the bits of the texts' hashes with small tables as leaves.
//
// Threads:   immutable.
// Ownership: plain value; a copy shares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace millrace::pattern {

// What a table's owner knows an entry by.
using Tag = std::uint32_t;

class TextTable {
 public:
  bool empty() const { return root_ == nullptr; }
  // The tags of the text, or none.
  std::span<const Tag> Find(std::string_view text) const;

  // Tags are kept in the order in which they came.
  void Add(std::string_view text, Tag tag);
  // REQUIRES: it is there.
  void Remove(std::string_view text, Tag tag);

 private:
  struct Entry;
  struct Node;
  using NodePtr = std::shared_ptr<const Node>;

  static NodePtr With(const Node* node, std::uint32_t hash, int level, std::string_view text, Tag tag);
  static NodePtr Without(const Node* node, std::uint32_t hash, int level, std::string_view text, Tag tag);

  NodePtr root_;
};

}  // namespace millrace::pattern
