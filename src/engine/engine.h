// Engine is a data directory: tables, change logs, bus logs and queues behind one writer thread.
//
// All writes go through the writer: it takes what has queued up, executes each request against the state that includes
// those before it, puts all effects in one batch and commits the group with one sync. So conditional writes are
// linearizable, transactions are serializable, and the log has one total order. Reads run on the calling thread and
// never wait for the writer.
//
// Threads:   thread-safe. Completions and commit listeners run on the writer thread and must not block or call back
// into
//            a waiting function of the engine.
// Ownership: store, clock and random outlive the engine. Destroy it before them; the destructor stops the writer.
// Failure:   after the first failed commit every later write answers Unavailable and Health() tells why (fail stop).
// Format:    docs/design/storage.md
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "engine/catalogue.h"
#include "engine/item_write.h"
#include "engine/queues.h"
#include "engine/state_row.h"
#include "store/store.h"

namespace millrace::engine {

namespace reason {
inline constexpr std::string_view kTableNotFound = "TableNotFound";
inline constexpr std::string_view kTableExists = "TableExists";
inline constexpr std::string_view kDeletionProtected = "DeletionProtected";
inline constexpr std::string_view kStreamNotFound = "StreamNotFound";
inline constexpr std::string_view kStreamState = "StreamState";  // enabling an enabled one, disabling a disabled one
inline constexpr std::string_view kTrimmed = "Trimmed";          // the position is before the oldest record
inline constexpr std::string_view kTokenMismatch = "TokenMismatch";  // same token, different transaction
inline constexpr std::string_view kOverloaded = "Overloaded";        // the writer's queue is full
inline constexpr std::string_view kStopped = "Stopped";
}  // namespace reason

struct EngineOptions {
  store::Durability durability = store::Durability::kSync;
  std::size_t group_bytes_max = 8 << 20;
  std::size_t queue_bytes_max = 64 << 20;
  std::chrono::milliseconds shard_age_max = std::chrono::hours(4);  // then it is closed and gets a child
  std::chrono::milliseconds hold_max = std::chrono::hours(7 * 24);  // beyond the retention, for who has yet to read
  std::chrono::milliseconds token_lifetime = std::chrono::minutes(10);
  // Called once, on the writer thread, when a commit failed and the engine stopped taking writes.
  std::function<void(const Error&)> on_failure;
};

struct CreateTableRequest {
  Scope scope;
  std::string name;
  model::KeySchema schema;
  BillingMode billing = BillingMode::kPayPerRequest;
  std::int64_t read_units = 0;
  std::int64_t write_units = 0;
  bool deletion_protection = false;
  std::string table_class;
  std::map<std::string, std::string> echoed;
  std::uint32_t stream_shards = 1;
  std::chrono::milliseconds stream_retention = std::chrono::hours(24);
  std::optional<model::StreamViewType> stream;
};

// A record of a log: a change of a stream or an event of a bus, as stored.
struct LogRecord {
  SequenceNumber sequence;
  std::string value;
};

struct LogPage {
  std::vector<LogRecord> records;
  // Where to go on: everything up to and including it has been read. Also moves over an empty tail.
  SequenceNumber next;
  bool at_end = false;  // nothing more now
};

struct LogReadOptions {
  SequenceNumber after;  // exclusive
  std::size_t records_max = 1000;
  std::size_t bytes_max = 1 << 20;  // at least one record is returned whatever its size
};

// How much of a shard is behind a position.
struct LogCount {
  std::uint64_t records = 0;
  bool more = false;          // than were counted
  std::int64_t first_ms = 0;  // when the first of them was appended; 0: there is none
};

struct AppendRequest {
  LogId log;
  struct Event {
    std::uint16_t hash = 0;  // chooses the shard
    std::string value;
  };
  std::vector<Event> events;
  std::vector<StateRow> state;  // written in the same batch: a checkpoint that cannot diverge from its effect
};

struct ItemRange {
  std::string lower;  // store keys: inclusive
  std::string upper;  // exclusive
};

// How far the readers of a log have come, by shard id; a shard that is not named has not been read at all. A log that
// is not named has no readers.
using LogHolds = std::map<LogId, std::map<std::string, SequenceNumber, std::less<>>>;

class Engine {
 public:
  static Result<std::unique_ptr<Engine>> Open(const EngineOptions& options, store::Store& store, Clock& clock,
                                              Random& random);
  virtual ~Engine() = default;

  // Finishes what is queued, then refuses. Idempotent.
  virtual void Stop() = 0;
  virtual Status Health() const = 0;

  virtual std::shared_ptr<const Catalogue> catalogue() const = 0;
  // The highest sequence number that is committed.
  virtual SequenceNumber committed() const = 0;

  // Schema changes: they wait for the commit. Not to be called from completions.
  virtual Result<ScopeId> EnsureScope(const Scope& scope) = 0;
  virtual Result<std::shared_ptr<const Table>> CreateTable(const CreateTableRequest& request) = 0;
  // The table as it was. Its items are gone with the commit; its stream stays readable for the retention.
  virtual Result<std::shared_ptr<const Table>> DeleteTable(TableId id) = 0;
  virtual Result<std::shared_ptr<const Table>> EnableStream(TableId id, model::StreamViewType view) = 0;
  virtual Result<std::shared_ptr<const Table>> DisableStream(TableId id) = 0;
  // How long the table's enabled stream, and later ones, keep their records. Zero: for ever.
  virtual Result<std::shared_ptr<const Table>> SetStreamRetention(TableId id, std::chrono::milliseconds retention) = 0;
  virtual Result<std::shared_ptr<const Log>> CreateBus(const Scope& scope, std::string_view name,
                                                       std::chrono::milliseconds retention) = 0;
  enum class Roll { kContinue, kSplit };
  // The bus and its events are gone with the commit; later appends to it are refused.
  virtual Status DeleteBus(LogId id) = 0;
  // Closes every open shard and gives each a child (kContinue) or two (kSplit).
  virtual Status RollShards(LogId id, Roll roll) = 0;

  // Items. `done` may be called before Write returns if the queue refuses.
  virtual void Write(ItemWriteRequest request, WriteDone done) = 0;
  virtual Result<std::optional<std::string>> Get(const Table& table, const model::ItemKey& key,
                                                 const store::Snapshot* snapshot = nullptr) const = 0;
  virtual std::unique_ptr<store::Snapshot> NewSnapshot() const = 0;
  // Visits stored items in key order until the visitor returns false. The key is the ItemKey's bytes.
  enum class Direction { kForward, kBackward };
  using ItemVisitor = std::function<bool(std::string_view key, std::string_view value)>;
  virtual Status VisitItems(const Table& table, const ItemRange& range, Direction direction, const ItemVisitor& visitor,
                            const store::Snapshot* snapshot = nullptr) const = 0;

  // Logs. `done` gets the sequence number of the last event.
  using AppendDone = std::function<void(Result<SequenceNumber>)>;
  virtual void Append(AppendRequest request, AppendDone done) = 0;
  // Records of one shard after a position. FailedPrecondition with reason::kTrimmed if some were trimmed away.
  virtual Result<LogPage> ReadLog(LogId log, ShardNumber shard, const LogReadOptions& options) const = 0;
  // The records of one shard after a position, counted up to `records_max` without reading what is in them. What was
  // trimmed does not count.
  virtual Result<LogCount> CountLog(LogId log, ShardNumber shard, SequenceNumber after,
                                    std::size_t records_max) const = 0;
  // Called on the writer thread after each commit that added to the log, or changed its shards. Returns an id to remove
  // it by; removal waits until no call is running. A listener may not add or remove listeners.
  using CommitListener = std::function<void()>;
  virtual std::uint64_t AddListener(LogId log, CommitListener listener) = 0;
  virtual void RemoveListener(std::uint64_t id) = 0;

  // State rows. A write of state alone does not wait for a sync: it may be lost and repeated. Nor is it refused when
  // the queue is full: who writes it bounds how much.
  using StateDone = std::function<void(Status)>;
  virtual void WriteState(std::vector<StateRow> rows, StateDone done) = 0;
  // Waits until everything that was written before is synced. Not to be called from completions.
  virtual Status Sync() = 0;
  virtual Result<std::optional<std::string>> ReadState(std::string_view key) const = 0;
  // Rows whose key begins with `prefix` and is greater than `after`, in key order, at most `rows_max`.
  virtual Result<std::vector<StateRow>> ScanState(std::string_view prefix, std::string_view after,
                                                  std::size_t rows_max) const = 0;

  virtual Queues& queues() = 0;

  // Trims logs and queues by age, rolls old shards, forgets old tokens and deduplication ids. The app calls it every
  // minute or so, tests at will. What a reader of a log has still to read is kept longer, by EngineOptions::hold_max.
  virtual Status Maintain(const LogHolds& holds = {}) = 0;
};

// The place in a shard before its first record that was appended at or after this time: "start at a time". Between the
// shard's horizon and what is committed now.
Result<SequenceNumber> BeforeTime(const Engine& engine, LogId log, ShardNumber shard, std::int64_t time_ms);

// The range of one partition, and of a whole table's segment `segment` of `total` (parallel scans).
ItemRange PartitionRange(const Table& table, std::string_view partition_prefix);
ItemRange SegmentRange(const Table& table, std::uint32_t segment, std::uint32_t total);
// The store key of an item: table prefix + key bytes.
std::string ItemStoreKey(const Table& table, std::string_view key_bytes);

// Records of every log begin with a version, a kind, flags and the time of their commit, so that trimming by age needs
// to know no more: see docs/design/storage.md.
Result<std::int64_t> RecordTime(std::string_view record);

// Stored change records. Format: docs/design/storage.md.
std::string EncodeChange(const Log& stream, model::ChangeKind kind, std::int64_t time_ms, bool expired,
                         const std::string* before, const std::string* after);
Result<model::Change> DecodeChange(const Log& stream, const LogRecord& record);

// Stored events of a bus: what Append was given, behind the common header.
struct StoredEvent {
  SequenceNumber sequence;
  std::int64_t time_ms = 0;
  std::string_view value;  // into the record
};
std::string EncodeEvent(std::int64_t time_ms, std::string_view value);
Result<StoredEvent> DecodeEvent(const LogRecord& record);

}  // namespace millrace::engine
