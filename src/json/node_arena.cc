#include "json/node_arena.h"

#include <algorithm>
#include <memory>
#include <type_traits>

namespace millrace::json {

static_assert(std::is_trivially_destructible_v<Value> && std::is_trivially_destructible_v<Member>);
static_assert(alignof(Value) == alignof(Member) && sizeof(Value) % alignof(Value) == 0);

template <class Node>
std::span<const Node> NodeArena::CopyNodes(std::span<const Node> nodes) {
  if (nodes.empty()) return {};
  Node* const begin = reinterpret_cast<Node*>(Allocate(nodes.size_bytes()));
  std::uninitialized_copy(nodes.begin(), nodes.end(), begin);
  return {begin, nodes.size()};
}
template std::span<const Value> NodeArena::CopyNodes(std::span<const Value>);
template std::span<const Member> NodeArena::CopyNodes(std::span<const Member>);

std::byte* NodeArena::Allocate(std::size_t size) {
  if (blocks_.empty() || blocks_.back().size - used_ < size) {
    const std::size_t grown = blocks_.empty() ? kFirstBlockBytes : blocks_.back().size * 2;
    const std::size_t block = std::max(grown, size);
    blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(block), block});
    used_ = 0;
  }
  std::byte* const result = blocks_.back().bytes.get() + used_;
  used_ += size;
  return result;
}

void NodeArena::Reset(std::size_t retained_bytes_max) {
  used_ = 0;
  if (blocks_.empty() || (blocks_.size() == 1 && blocks_[0].size <= retained_bytes_max)) return;
  std::size_t total = 0;
  for (const Block& block : blocks_) total += block.size;
  blocks_.clear();
  const std::size_t size = std::min(total, retained_bytes_max);
  blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
}

}  // namespace millrace::json
