// NodeArena hands out runs of Values and Members and takes them all back at once.
//
// Threads:   externally synchronised.
// Ownership: what it hands out is valid until Reset or destruction.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "json/value.h"

namespace millrace::json {

class NodeArena {
 public:
  // Copies `nodes` into one contiguous run.
  std::span<const Value> Copy(std::span<const Value> nodes) { return CopyNodes(nodes); }
  std::span<const Member> Copy(std::span<const Member> nodes) { return CopyNodes(nodes); }

  // Takes everything back. Memory up to `retained_bytes_max` stays, as one block, for the next use.
  void Reset(std::size_t retained_bytes_max);

 private:
  static constexpr std::size_t kFirstBlockBytes = 4096;
  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size = 0;
  };

  template <class Node>
  std::span<const Node> CopyNodes(std::span<const Node> nodes);
  std::byte* Allocate(std::size_t size);

  std::vector<Block> blocks_;
  std::size_t used_ = 0;  // of the last block
};

}  // namespace millrace::json
