// RocksStore is the Store on disk: RocksDB in a data directory that belongs to one process.
//
// Durable mode: a Write with Durability::kSync returns after fdatasync of the write-ahead log. A log that is damaged
// before its end refuses to open; nothing acknowledged is ever dropped in silence.
// Relaxed mode: no Write waits for the disk; a background thread syncs within `sync_interval` after a write and then
// advances the watermark (store/watermark.h). After a power loss the store opens with a prefix of what was written;
// if that prefix ends below the watermark, opening is refused.
//
// Threads:   reads are thread-safe; Write is called by one thread at a time; Sync by any.
// Ownership: snapshots and iterators must be destroyed before the store. Closing syncs, unless the store has failed.
// Failure:   fails stop: after the first failed write, sync, flush, compaction or disk operation every Write and Sync
//            returns that first error, and Health() too. Reopening is the only way on.
// Format:    docs/design/storage.md
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "store/data_directory.h"
#include "store/store.h"

namespace millrace::store {

namespace reason {
inline constexpr std::string_view kDamaged = "store.damaged";  // opening would lose acknowledged writes
}  // namespace reason

enum class SyncMode { kDurable, kRelaxed };

struct RocksOptions {
  std::string path;
  SyncMode mode = SyncMode::kDurable;
  std::size_t cache_bytes = 32u << 20;         // blocks, indexes and filters of the tables; filled as it is used
  std::size_t write_buffer_bytes = 16u << 20;  // of one of the two families; there are at most two buffers of each
  int open_files_max = 512;
  // Relaxed mode: how much time a power loss may take back. Zero: only Sync() syncs.
  std::chrono::milliseconds sync_interval{100};
  // The answer to an open that was refused with reason::kDamaged: open with the writes up to exactly this sequence,
  // which that error names. Without effect on a store that is whole.
  std::optional<std::uint64_t> accept_loss_after_sequence = std::nullopt;
};

class RocksStore {
 public:
  static Result<std::unique_ptr<Store>> Open(RocksOptions options);
};

}  // namespace millrace::store
