// Catalogue is what exists in a data directory: tables, their streams and shards, bus logs, queues. An immutable
// snapshot.
//
// The writer builds a changed copy, commits it, and publishes it; readers take the snapshot once per request.
//
// Threads:   immutable once published; the live counters of a table are atomics.
// Format:    docs/design/storage.md
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/strong.h"
#include "engine/queue.h"
#include "model/change.h"
#include "model/key.h"

namespace millrace::engine {

using model::SequenceNumber;
using TableId = Strong<struct TableIdTag, std::uint32_t>;
// A change stream or a bus's log. A stream that is switched off and on again gets a new one.
using LogId = Strong<struct LogIdTag, std::uint32_t>;
// Counts up within a log.
using ShardNumber = Strong<struct ShardNumberTag, std::uint32_t>;

struct Scope {
  std::string account;  // 12 digits
  std::string region;
  auto operator<=>(const Scope&) const = default;
};

struct Shard {
  ShardNumber number;
  std::string id;  // "shardId-" + 20-digit epoch ms + "-" + 8 hex
  std::optional<ShardNumber> parent;
  std::string parent_id;       // empty if none; stays when the parent is trimmed away
  std::uint16_t hash_low = 0;  // inclusive
  std::uint16_t hash_high = 0xffff;
  std::int64_t created_ms = 0;
  std::int64_t closed_ms = 0;  // 0 while open
  SequenceNumber start;
  std::optional<SequenceNumber> end;  // closed: no record of this shard is beyond it
  SequenceNumber trimmed;             // records up to and including this one are gone

  bool open() const { return !end.has_value(); }
};

enum class LogKind : std::uint8_t { kStream = 1, kBus = 2 };  // on disk: never renumber

struct Log {
  LogId id;
  LogKind kind = LogKind::kStream;
  ScopeId scope;
  Scope scope_name;
  std::string name;   // the table's or the bus's
  std::string label;  // streams: "2026-01-31T12:34:56.789"
  std::string arn;
  TableId table;  // streams
  model::KeySchema schema;
  model::StreamViewType view = model::StreamViewType::kNewAndOldImages;
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> disabled_ms;  // readable for 24 h from then on
  std::int64_t retention_ms = 0;            // records older than this are trimmed; 0: kept for ever
  std::vector<Shard> shards;                // ascending number

  bool enabled() const { return !disabled_ms.has_value(); }
  const Shard* FindShard(std::string_view shard_id) const;
  // The open shard that takes records of this partition hash. REQUIRES: enabled.
  const Shard& ShardFor(std::uint16_t hash) const;
};

enum class BillingMode : std::uint8_t { kProvisioned = 1, kPayPerRequest = 2 };  // on disk: never renumber

// Kept up to date by the writer, read by DescribeTable.
struct TableCounters {
  std::atomic<std::int64_t> items{0};
  std::atomic<std::int64_t> bytes{0};
};

struct Table {
  TableId id;
  ScopeId scope;
  Scope scope_name;
  std::string name;
  std::string arn;
  std::string uuid;  // TableId on the wire
  model::KeySchema schema;
  BillingMode billing = BillingMode::kPayPerRequest;
  std::int64_t read_units = 0;
  std::int64_t write_units = 0;
  bool deletion_protection = false;
  std::string table_class;  // empty: STANDARD, not told by the user
  // Parts of CreateTable that are stored and echoed as given: SSESpecification, OnDemandThroughput, Tags… as JSON text.
  std::map<std::string, std::string> echoed;
  std::int64_t created_ms = 0;
  std::uint32_t stream_shards = 1;       // open shards of a new stream
  std::int64_t stream_retention_ms = 0;  // of its streams' records; 0: kept for ever
  std::optional<LogId> stream;           // the enabled stream
  std::optional<LogId> latest_stream;    // also when disabled: LatestStreamArn
  std::shared_ptr<TableCounters> counters = std::make_shared<TableCounters>();
};

class Catalogue {
 public:
  std::shared_ptr<const Table> FindTable(ScopeId scope, std::string_view name) const;
  std::shared_ptr<const Table> FindTable(TableId id) const;
  std::shared_ptr<const Log> FindLog(LogId id) const;
  std::shared_ptr<const Log> FindLogByArn(std::string_view arn) const;
  std::shared_ptr<const Log> FindBus(ScopeId scope, std::string_view name) const;
  std::shared_ptr<const Queue> FindQueue(QueueId id) const;
  std::shared_ptr<const Queue> FindQueue(ScopeId scope, std::string_view name) const;
  std::shared_ptr<const Queue> FindQueueByArn(std::string_view arn) const;
  std::optional<ScopeId> FindScope(const Scope& scope) const;

  // Sorted by name, of one scope.
  std::vector<std::shared_ptr<const Table>> Tables(ScopeId scope) const;
  // Sorted by ARN, of one scope; of one table if named.
  std::vector<std::shared_ptr<const Log>> Streams(ScopeId scope, std::string_view table_name = {}) const;
  // Sorted by name, of one scope.
  std::vector<std::shared_ptr<const Queue>> Queues(ScopeId scope) const;
  const std::map<QueueId, std::shared_ptr<const Queue>>& queues() const { return queues_; }
  const std::map<LogId, std::shared_ptr<const Log>>& logs() const { return logs_; }
  const std::map<TableId, std::shared_ptr<const Table>>& tables() const { return tables_; }

  // For the writer, on its own copy.
  void SetScope(const Scope& scope, ScopeId id) { scopes_[scope] = id; }
  void SetTable(std::shared_ptr<const Table> table);
  void EraseTable(TableId id);
  void SetLog(std::shared_ptr<const Log> log);
  void EraseLog(LogId id);
  void SetQueue(std::shared_ptr<const Queue> queue);
  void EraseQueue(QueueId id);

 private:
  std::map<Scope, ScopeId> scopes_;
  std::map<TableId, std::shared_ptr<const Table>> tables_;
  std::map<std::pair<ScopeId, std::string>, TableId> tables_by_name_;
  std::map<LogId, std::shared_ptr<const Log>> logs_;
  std::map<QueueId, std::shared_ptr<const Queue>> queues_;
  std::map<std::pair<ScopeId, std::string>, QueueId> queues_by_name_;
  std::map<std::string, QueueId, std::less<>> queues_by_arn_;
};

// The eventID of the change at `sequence`: 32 hex digits, the same on every reading, unique among all logs in practice
// and within one log by construction.
std::string EventId(const Log& log, SequenceNumber sequence);

// 21 digits, so that text order, length-then-text order and numeric order agree: SDKs want 21 to 40.
std::string FormatSequenceNumber(SequenceNumber sequence);
// Accepts 21 to 40 digits. nullopt: not a sequence number of this engine.
std::optional<SequenceNumber> ParseSequenceNumber(std::string_view text);

}  // namespace millrace::engine
