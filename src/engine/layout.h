// Layout is where everything lies in the store: the keys, and the rows of the catalogue.
//
// Threads: pure functions.
// Failure: decoding returns Corruption.
// Format:  docs/design/storage.md
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "engine/catalogue.h"

namespace millrace::engine::layout {

// Space::kItems: scope(4) table(4) item key.
inline constexpr std::size_t kItemPrefixBytes = 8;
std::string ItemPrefix(ScopeId scope, TableId table);

// Space::kLog: scope(4) log(4) shard(4) sequence(8), all big-endian.
inline constexpr std::size_t kLogKeyBytes = 20;
std::string LogPrefix(ScopeId scope, LogId log);
std::string ShardPrefix(ScopeId scope, LogId log, ShardNumber shard);
std::string LogKey(ScopeId scope, LogId log, ShardNumber shard, SequenceNumber sequence);
SequenceNumber SequenceOfLogKey(std::string_view key);

// Space::kMeta: one letter for the kind, then the id. Rows are encoded items (docs/design/values.md).
inline constexpr std::string_view kCountersKey = "c";  // the next free ids
inline constexpr char kScopeKind = 's';
inline constexpr char kTableKind = 't';
inline constexpr char kLogKind = 'l';
inline constexpr char kQueueKind = 'q';
std::string MetaKey(char kind, std::uint32_t id);

// Space::kState: "e" is the engine's, everything else belongs to who wrote it.
inline constexpr std::string_view kSequenceKey = "eq";  // the last sequence number, 8 bytes
std::string CountersKey(TableId table);                 // "ec" table(4): items(8) bytes(8)
std::string TokenPrefix(std::uint64_t period);          // "et" period(8)
std::string TokenKey(std::uint64_t period, ScopeId scope, std::string_view token);

// Queues. A message lies in the log space, at LogKey(scope, id of the queue, shard 0, its sequence number).
std::string MessagePrefix(ScopeId scope, QueueId queue);
std::string MessageKey(ScopeId scope, QueueId queue, SequenceNumber sequence);
std::string QueueCountsKey(QueueId queue);                    // "ek" queue(4)
std::string LeasePrefix(QueueId queue);                       // "el" queue(4)
std::string LeaseKey(QueueId queue, SequenceNumber message);  // "el" queue(4) sequence(8)
SequenceNumber SequenceOfLeaseKey(std::string_view key);
std::string DeduplicationPrefix(std::uint64_t period);  // "ed" period(8)
// "ed" period(8) queue(4) group (length and bytes; empty if ids are the whole queue's) id
std::string DeduplicationKey(std::uint64_t period, QueueId queue, std::string_view group, std::string_view id);

struct NextIds {
  std::uint32_t scope = 1;
  std::uint32_t table = 1;
  std::uint32_t log = 1;  // of queues too
};
std::string EncodeNextIds(const NextIds& ids);
Result<NextIds> DecodeNextIds(std::string_view bytes);

std::string EncodeScope(const Scope& scope);
Result<Scope> DecodeScope(std::string_view bytes);
std::string EncodeTable(const Table& table);
Result<Table> DecodeTable(std::string_view bytes);
std::string EncodeLog(const Log& log);
Result<Log> DecodeLog(std::string_view bytes);
std::string EncodeQueue(const Queue& queue);
Result<Queue> DecodeQueue(std::string_view bytes);

}  // namespace millrace::engine::layout
