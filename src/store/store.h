// Store is the seam to the disk: an ordered map of bytes in a few spaces, with atomic batches and snapshots.
//
// Implementations: rocks_store.h (the real one), memory_store.h (keeps nothing), fault_store.h (wraps either and fails
// on order). One contract suite, store/store_contract.h, runs over all of them.
//
// Threads:   reads are thread-safe; Write is called by one thread at a time (the engine's writer).
// Ownership: snapshots and iterators must be destroyed before the store.
// Failure:   Io or Corruption. After a failed Write the store refuses every further Write (fail stop): whether the
// batch
//            is on disk is unknown until it is reopened.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace millrace::store {

// Spaces separate data by how it lives: items stay, log records are appended and trimmed, state rows are overwritten.
enum class Space : std::uint8_t { kMeta = 0, kItems = 1, kLog = 2, kState = 3 };
inline constexpr int kSpaceCount = 4;

enum class Durability : std::uint8_t {
  kSync,    // Write returns after the data is on disk
  kNoSync,  // Write returns after the data is with the operating system; survives kill -9, not power loss
};

class Batch {
 public:
  virtual ~Batch() = default;
  virtual void Put(Space space, std::string_view key, std::string_view value) = 0;
  virtual void Delete(Space space, std::string_view key) = 0;
  // [begin, end); an empty `end` means to the last key. An inverted range is empty.
  virtual void DeleteRange(Space space, std::string_view begin, std::string_view end) = 0;
  virtual std::size_t SizeBytes() const = 0;
  virtual void Clear() = 0;
};

// A consistent view; reads through it see one moment.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
};

struct IterateOptions {
  const Snapshot* snapshot = nullptr;
  std::string lower = {};  // inclusive; empty: from the first key
  std::string upper = {};  // exclusive; empty: to the last key
};

class Iterator {
 public:
  virtual ~Iterator() = default;
  virtual void SeekToFirst() = 0;  // of the bounds
  virtual void SeekToLast() = 0;
  virtual void Seek(std::string_view key) = 0;         // first key ≥ `key`
  virtual void SeekForPrev(std::string_view key) = 0;  // last key ≤ `key`
  virtual void Next() = 0;
  virtual void Prev() = 0;
  virtual bool Valid() const = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  // Why it became invalid: Ok at the end of the range, an error otherwise. Check after every loop.
  virtual Status status() const = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  virtual std::unique_ptr<Batch> NewBatch() = 0;
  virtual Status Write(Batch& batch, Durability durability) = 0;
  // Makes everything written so far durable.
  virtual Status Sync() = 0;

  // Returns false and leaves `value` alone if the key is absent; `value` is replaced otherwise.
  virtual Result<bool> Get(Space space, std::string_view key, std::string* value,
                           const Snapshot* snapshot = nullptr) const = 0;
  virtual std::unique_ptr<Snapshot> NewSnapshot() const = 0;
  virtual std::unique_ptr<Iterator> NewIterator(Space space, IterateOptions options) const = 0;

  // Set when a background error (a failed flush or compaction) makes further writes unsafe.
  virtual Status Health() const = 0;
};

// The smallest string greater than every string with this prefix; empty if there is none.
std::string PrefixEnd(std::string_view prefix);

}  // namespace millrace::store
