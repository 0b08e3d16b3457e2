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

// Where a subscription begins that has no checkpoint, or is sent to.
struct Start {
  enum class Kind : std::uint8_t {
    kTrimHorizon,  // the oldest record there is
    kLatest,       // records that are appended after Resolve returned
    kOffset,       // the record with this offset (a sequence number), in every shard that may hold it
    kTime,         // the first record that was appended at or after this time
  };
  Kind kind = Kind::kLatest;
  std::string offset = {};
  std::int64_t time_ms = 0;

  static Start TrimHorizon() { return {Kind::kTrimHorizon}; }
  static Start Latest() { return {Kind::kLatest}; }
  static Start AtOffset(std::string offset) { return {Kind::kOffset, std::move(offset)}; }
  static Start AtTime(std::int64_t time_ms) { return {Kind::kTime, {}, time_ms}; }
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

// How much of a log is behind a position.
struct LogLag {
  std::uint64_t records = 0;
  bool more = false;           // than were counted
  std::int64_t oldest_ms = 0;  // when the oldest of them was appended; 0: there is none
};

class Log {
 public:
  virtual ~Log() = default;

  // "table/user-table", "bus/crm": for messages and metrics.
  virtual const std::string& name() const = 0;
  // A start as a concrete position. Stored before the subscription says it is running, so that "latest" stays what it
  // was. InvalidArgument if there can be no such offset; What was trimmed begins at the horizon.
  virtual Result<Position> Resolve(const Start& start) = 0;
  // What comes after `from`. Never waits.
  virtual Result<LogBatch> Read(const Position& from, const ReadLimits& limits) = 0;
  // What comes after `from`, counted up to `records_max`. Never waits. A log that can count without reading does so.
  virtual Result<LogLag> Lag(const Position& from, std::size_t records_max);
  // Gives a record its JSON body, if Read left that out because not everyone wants it.
  virtual void Describe(Record& record) const { (void)record; }
  // The opposite: from shard, offset, id, time and body the rest that Read would have given, after the record was kept
  // elsewhere. Corruption if the body is not what Describe makes.
  virtual Status Restore(Record& record) const {
    (void)record;
    return Ok();
  }
  // Calls `wake` after anything was appended, from any thread; it must only note it. Returns an id for Unwatch, which
  // waits until no call is running.
  virtual std::uint64_t Watch(std::function<void()> wake) = 0;
  virtual void Unwatch(std::uint64_t id) = 0;
};

}  // namespace millrace::flow
