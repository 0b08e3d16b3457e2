// Log is an ordered, durable, replayable sequence of records in shards: a table's change stream, a bus, a remote
// stream.
//
// Order is promised per order key only; a log gives the records of a parent shard before those of its children.
//
// Threads:   thread-safe; any number of subscriptions read one log.
// Ownership: outlives its subscriptions.
// Failure:   FailedPrecondition with reason::kTrimmed if records after the position are gone; Unavailable if it cannot
//            be read now; both leave the position to the caller.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "flow/position.h"
#include "flow/record.h"

namespace millrace::flow {

namespace reason {
inline constexpr std::string_view kTrimmed = "Trimmed";
}

enum class Start : std::uint8_t {
  kTrimHorizon,  // the oldest record there is
  kLatest,       // records that are appended after Resolve returned
};

struct ReadLimits {
  std::size_t records_max = 1000;
  std::size_t bytes_max = 1 << 20;  // at least one record is returned whatever its size
};

struct LogBatch {
  std::vector<Record> records;
  // The position behind these records. May move without records: a shard's end, an empty tail, filtered records.
  Position next;
  bool at_end = false;  // nothing more now; wait for the watcher
};

class Log {
 public:
  virtual ~Log() = default;

  // "table/user-table", "bus/crm": for messages and metrics.
  virtual const std::string& name() const = 0;
  // A start as a concrete position. Stored before the subscription says it is running, so that "latest" stays what it
  // was.
  virtual Result<Position> Resolve(Start start) = 0;
  // What comes after `from`. Never waits.
  virtual Result<LogBatch> Read(const Position& from, const ReadLimits& limits) = 0;
  // Calls `wake` after anything was appended, from any thread; it must only note it. Returns an id for Unwatch, which
  // waits until no call is running.
  virtual std::uint64_t Watch(std::function<void()> wake) = 0;
  virtual void Unwatch(std::uint64_t id) = 0;
};

}  // namespace millrace::flow
