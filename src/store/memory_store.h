// MemoryStore is a Store that keeps nothing on disk: for `--durability memory`, tests and simulation.
//
// Each key has a chain of versions, each stamped with the sequence of its batch. A snapshot is a sequence that is
// pinned: it copies nothing, and versions that no pin can see are dropped as writes go on, a few per write.
//
// Threads:   reads, snapshots and iterators are thread-safe; Write is called by one thread at a time.
// Ownership: snapshots and iterators must be destroyed before the store.
// Failure:   nothing fails; wrap it in a FaultStore to make it fail.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "store/store.h"

namespace millrace::store {

class MemoryStore final : public Store {
 public:
  MemoryStore();
  ~MemoryStore() override;

  std::unique_ptr<Batch> NewBatch() override;
  Status Write(Batch& batch, Durability durability) override;
  Status Sync() override { return Ok(); }

  Result<bool> Get(Space space, std::string_view key, std::string* value, const Snapshot* snapshot) const override;
  std::unique_ptr<Snapshot> NewSnapshot() const override;
  std::unique_ptr<Iterator> NewIterator(Space space, IterateOptions options) const override;

  Status Health() const override { return Ok(); }

  // How many versions are held, deleted ones included: for tests of reclamation.
  std::size_t VersionCount() const;

 private:
  struct Version;
  struct Chain;
  class Pin;
  class Cursor;
  using Table = std::map<std::string, Chain, std::less<>>;

  // A chain that holds versions which a pin may still need; looked at again when every pin is at `sequence` or later.
  struct Garbage {
    Table* table;
    Table::iterator position;
    std::uint64_t sequence;
  };

  std::unique_ptr<Pin> NewPin() const;
  void Append(Table& table, Table::iterator position, bool deleted, std::string_view value, std::uint64_t newest_pin);
  void Reclaim(std::size_t chains_max, std::uint64_t oldest_pin);

  mutable std::shared_mutex mutex_;  // taken before pins_mutex_
  std::array<Table, kSpaceCount> tables_;
  std::deque<Garbage> garbage_;
  std::uint64_t sequence_ = 0;
  std::size_t versions_ = 0;

  mutable std::mutex pins_mutex_;
  mutable std::map<std::uint64_t, std::size_t> pins_;  // sequence -> how many hold it
};

}  // namespace millrace::store
