#include "engine/engine.h"

#include "base/bytes.h"
#include "base/check.h"
#include "engine/queue_service.h"
#include "engine/requests.h"
#include "engine/schema.h"
#include "engine/writer.h"

namespace millrace::engine {
namespace {

const Shard* FindShard(const Log& log, ShardNumber number) {
  for (const Shard& shard : log.shards)
    if (shard.number == number) return &shard;
  return nullptr;
}

struct Loaded {
  Catalogue catalogue;
  layout::NextIds next;
  SequenceNumber last;
};

template <class Decode, class Keep>
Status LoadRows(const store::Store& store, char kind, Decode decode, Keep keep) {
  const std::string prefix(1, kind);
  const auto rows = store.NewIterator(store::Space::kMeta, {.lower = prefix, .upper = store::PrefixEnd(prefix)});
  for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
    ASSIGN_OR_RETURN(auto row, decode(rows->value()));
    keep(rows->key().substr(1), std::move(row));
  }
  return rows->status();
}

Status LoadCounters(const store::Store& store, const Catalogue& catalogue) {
  for (const auto& [id, table] : catalogue.tables()) {
    std::string value;
    ASSIGN_OR_RETURN(const bool present, store.Get(store::Space::kState, layout::CountersKey(id), &value));
    if (!present) continue;
    ByteReader reader(value);
    table->counters->items = static_cast<std::int64_t>(reader.BigEndian<std::uint64_t>());
    table->counters->bytes = static_cast<std::int64_t>(reader.BigEndian<std::uint64_t>());
    if (!reader.ok()) return Err(ErrorCode::kCorruption, {}, "the counters of table '{}' are damaged", table->name);
  }
  return Ok();
}

Result<Loaded> Load(const store::Store& store) {
  Loaded loaded;
  std::string value;
  ASSIGN_OR_RETURN(const bool has_ids, store.Get(store::Space::kMeta, layout::kCountersKey, &value));
  if (has_ids) {
    ASSIGN_OR_RETURN(loaded.next, layout::DecodeNextIds(value));
  }
  ASSIGN_OR_RETURN(const bool has_sequence, store.Get(store::Space::kState, layout::kSequenceKey, &value));
  if (has_sequence) {
    ByteReader reader(value);
    loaded.last = SequenceNumber(reader.BigEndian<std::uint64_t>());
    if (!reader.ok()) return Err(ErrorCode::kCorruption, {}, "the sequence number's row is damaged");
  }
  Catalogue& catalogue = loaded.catalogue;
  TRY(LoadRows(store, layout::kScopeKind, layout::DecodeScope, [&](std::string_view id, Scope scope) {
    catalogue.SetScope(scope, ScopeId(GetBigEndian<std::uint32_t>(id.data())));
  }));
  std::map<ScopeId, Scope> names;
  TRY(LoadRows(store, layout::kScopeKind, layout::DecodeScope, [&](std::string_view id, Scope scope) {
    names[ScopeId(GetBigEndian<std::uint32_t>(id.data()))] = std::move(scope);
  }));
  TRY(LoadRows(store, layout::kTableKind, layout::DecodeTable, [&](std::string_view, Table table) {
    table.scope_name = names[table.scope];
    catalogue.SetTable(std::make_shared<const Table>(std::move(table)));
  }));
  TRY(LoadRows(store, layout::kLogKind, layout::DecodeLog, [&](std::string_view, Log log) {
    log.scope_name = names[log.scope];
    catalogue.SetLog(std::make_shared<const Log>(std::move(log)));
  }));
  TRY(LoadRows(store, layout::kQueueKind, layout::DecodeQueue, [&](std::string_view, Queue queue) {
    catalogue.SetQueue(std::make_shared<const Queue>(std::move(queue)));
  }));
  TRY(LoadCounters(store, catalogue));
  return loaded;
}

class EngineImpl final : public Engine {
 public:
  EngineImpl(const EngineOptions& options, store::Store& store, Clock& clock, Random& random, Loaded loaded)
      : options_(options),
        store_(store),
        catalogue_(std::make_shared<const Catalogue>(std::move(loaded.catalogue))),
        schema_(options, clock, random, loaded.next),
        queues_(store, clock, random, schema_, catalogue_, writer_),
        writer_(options, store, clock, catalogue_, loaded.last) {}
  ~EngineImpl() override { Stop(); }

  Status Start() {
    TRY(queues_.Load(writer_.committed()));
    writer_.Start();
    return Ok();
  }
  void Stop() override {
    writer_.Stop();
    queues_.Stop();
  }
  Status Health() const override {
    TRY(writer_.Health());
    return store_.Health();
  }
  std::shared_ptr<const Catalogue> catalogue() const override { return catalogue_.Get(); }
  SequenceNumber committed() const override { return writer_.committed(); }

  Result<ScopeId> EnsureScope(const Scope& scope) override {
    if (const auto known = catalogue()->FindScope(scope)) return *known;
    ScopeId id;
    TRY(Change([&](Group& group) { return schema_.EnsureScope(group, scope, &id); }));
    return id;
  }

  Result<std::shared_ptr<const Table>> CreateTable(const CreateTableRequest& request) override {
    std::shared_ptr<const Table> table;
    TRY(Change([&](Group& group) { return schema_.CreateTable(group, request, &table); }));
    return table;
  }

  Result<std::shared_ptr<const Table>> DeleteTable(TableId id) override {
    std::shared_ptr<const Table> table;
    TRY(Change([&](Group& group) -> Status {
      TRY(schema_.DeleteTable(group, id, &table));
      // Decisions that were made about its items no longer hold.
      recent_.MarkAll(group.NextSequence());
      return Ok();
    }));
    return table;
  }

  Result<std::shared_ptr<const Table>> EnableStream(TableId id, model::StreamViewType view) override {
    std::shared_ptr<const Table> table;
    TRY(Change([&](Group& group) { return schema_.EnableStream(group, id, view, &table); }));
    return table;
  }

  Result<std::shared_ptr<const Table>> DisableStream(TableId id) override {
    std::shared_ptr<const Table> table;
    TRY(Change([&](Group& group) { return schema_.DisableStream(group, id, &table); }));
    return table;
  }

  Result<std::shared_ptr<const Table>> SetStreamRetention(TableId id, std::chrono::milliseconds retention) override {
    std::shared_ptr<const Table> table;
    TRY(Change([&](Group& group) { return schema_.SetStreamRetention(group, id, retention.count(), &table); }));
    return table;
  }

  Result<std::shared_ptr<const Log>> CreateBus(const Scope& scope, std::string_view name,
                                               std::chrono::milliseconds retention) override {
    std::shared_ptr<const Log> bus;
    TRY(Change([&](Group& group) { return schema_.CreateBus(group, scope, name, retention.count(), &bus); }));
    return bus;
  }

  Status DeleteBus(LogId id) override {
    return Change([&](Group& group) { return schema_.DeleteBus(group, id); });
  }

  Status RollShards(LogId id, Roll roll) override {
    return Change([&](Group& group) { return schema_.RollShards(group, id, roll); });
  }

  void Write(ItemWriteRequest request, WriteDone done) override {
    CHECK(!request.actions.empty(), "a write has at least one action");
    auto queued = std::make_unique<ItemRequest>(std::move(request), std::move(done), recent_, options_.token_lifetime);
    if (Status prepared = queued->Prepare(store_, writer_.committed()); !prepared.ok())
      return queued->Complete(prepared);
    writer_.Submit(std::move(queued));
  }

  Result<std::optional<std::string>> Get(const Table& table, const model::ItemKey& key,
                                         const store::Snapshot* snapshot) const override {
    std::string value;
    ASSIGN_OR_RETURN(const bool present,
                     store_.Get(store::Space::kItems, ItemStoreKey(table, key.bytes()), &value, snapshot));
    return present ? std::optional(std::move(value)) : std::nullopt;
  }

  std::unique_ptr<store::Snapshot> NewSnapshot() const override { return store_.NewSnapshot(); }

  Status VisitItems(const Table&, const ItemRange& range, Direction direction, const ItemVisitor& visitor,
                    const store::Snapshot* snapshot) const override {
    if (range.lower >= range.upper) return Ok();
    const auto items =
        store_.NewIterator(store::Space::kItems, {.snapshot = snapshot, .lower = range.lower, .upper = range.upper});
    const bool forward = direction == Direction::kForward;
    forward ? items->SeekToFirst() : items->SeekToLast();
    while (items->Valid() && visitor(items->key().substr(layout::kItemPrefixBytes), items->value()))
      forward ? items->Next() : items->Prev();
    return items->status();
  }

  void Append(AppendRequest request, AppendDone done) override {
    writer_.Submit(std::make_unique<AppendQueued>(std::move(request), std::move(done)));
  }

  Result<LogPage> ReadLog(LogId id, ShardNumber number, const LogReadOptions& options) const override {
    const SequenceNumber committed_before = writer_.committed();
    const auto log = catalogue()->FindLog(id);
    const Shard* shard = log == nullptr ? nullptr : FindShard(*log, number);
    if (shard == nullptr)
      return Err(ErrorCode::kNotFound, reason::kStreamNotFound, "shard {} of log {} does not exist", number.value(),
                 id.value());
    LogPage page;
    page.next = options.after;
    if (options.after.value() == ~std::uint64_t{0}) {  // nothing can be behind it
      page.at_end = true;
      return page;
    }
    std::size_t bytes = 0;
    const auto records = store_.NewIterator(
        store::Space::kLog, {.lower = layout::LogKey(log->scope, id, number, SequenceNumber(options.after.value() + 1)),
                             .upper = store::PrefixEnd(layout::ShardPrefix(log->scope, id, number))});
    records->SeekToFirst();
    for (; records->Valid(); records->Next()) {
      if (page.records.size() >= options.records_max) break;
      if (!page.records.empty() && bytes + records->value().size() > options.bytes_max) break;
      bytes += records->value().size();
      page.next = layout::SequenceOfLogKey(records->key());
      page.records.push_back({page.next, std::string(records->value())});
    }
    TRY(records->status());
    if (!records->Valid()) {
      page.at_end = true;
      page.next = std::max(page.next, shard->end ? *shard->end : committed_before);
    }
    // Looked at last: had a trim passed us while we read, records would be missing.
    const auto now = catalogue()->FindLog(id);
    const Shard* still = now == nullptr ? nullptr : FindShard(*now, number);
    if (still == nullptr || options.after < still->trimmed)
      return Err(ErrorCode::kFailedPrecondition, reason::kTrimmed,
                 "records after sequence number {} of shard {} were trimmed", options.after.value(), shard->id);
    return page;
  }

  Result<LogCount> CountLog(LogId id, ShardNumber number, SequenceNumber after,
                            std::size_t records_max) const override {
    const auto log = catalogue()->FindLog(id);
    const Shard* shard = log == nullptr ? nullptr : FindShard(*log, number);
    if (shard == nullptr)
      return Err(ErrorCode::kNotFound, reason::kStreamNotFound, "shard {} of log {} does not exist", number.value(),
                 id.value());
    LogCount count;
    after = std::max(after, shard->trimmed);
    if (after.value() == ~std::uint64_t{0}) return count;  // nothing can be behind it
    const auto records = store_.NewIterator(
        store::Space::kLog, {.lower = layout::LogKey(log->scope, id, number, SequenceNumber(after.value() + 1)),
                             .upper = store::PrefixEnd(layout::ShardPrefix(log->scope, id, number))});
    records->SeekToFirst();
    if (records->Valid()) {
      ASSIGN_OR_RETURN(count.first_ms, RecordTime(records->value()));
    }
    for (; records->Valid() && count.records < records_max; records->Next()) ++count.records;
    count.more = records->Valid();
    TRY(records->status());
    return count;
  }

  std::uint64_t AddListener(LogId log, CommitListener listener) override {
    return writer_.AddListener(log, std::move(listener));
  }
  void RemoveListener(std::uint64_t id) override { writer_.RemoveListener(id); }

  void WriteState(std::vector<StateRow> rows, StateDone done) override {
    writer_.Submit(std::make_unique<StateQueued>(std::move(rows), std::move(done)));
  }

  Status Sync() override {
    return Change([](Group&) { return Ok(); });
  }

  Result<std::optional<std::string>> ReadState(std::string_view key) const override {
    std::string value;
    ASSIGN_OR_RETURN(const bool present, store_.Get(store::Space::kState, key, &value));
    return present ? std::optional(std::move(value)) : std::nullopt;
  }

  Result<std::vector<StateRow>> ScanState(std::string_view prefix, std::string_view after,
                                          std::size_t rows_max) const override {
    std::vector<StateRow> result;
    std::string lower(prefix);
    if (after >= prefix) lower = std::string(after) + '\0';
    const auto rows = store_.NewIterator(store::Space::kState, {.lower = lower, .upper = store::PrefixEnd(prefix)});
    for (rows->SeekToFirst(); rows->Valid() && result.size() < rows_max; rows->Next())
      result.push_back({std::string(rows->key()), std::string(rows->value())});
    TRY(rows->status());
    return result;
  }

  Queues& queues() override { return queues_; }

  Status Maintain(const LogHolds& holds) override {
    TRY(queues_.Maintain());
    const auto before = catalogue();  // held: each change publishes another one
    for (const auto& [id, log] : before->logs()) {
      TRY(Change([&, log_id = id](Group& group) { return schema_.RollOldShards(group, log_id); }));
      for (bool more = true; more;) {
        ASSIGN_OR_RETURN(const Schema::TrimPlan plan, schema_.PlanTrim(store_, *catalogue(), id, holds));
        if (plan.empty()) break;
        more = plan.more;
        // In two commits: who misses a record that is deleted must find in the catalogue that it was trimmed.
        TRY(Change([&](Group& group) { return schema_.MarkTrimmed(group, plan); }));
        TRY(Change([&](Group& group) { return schema_.Trim(group, plan); }));
      }
    }
    // Only if there are any: every range deletion slows the readers of its family until it is compacted away.
    ASSIGN_OR_RETURN(const bool any, schema_.HasOldTokens(store_));
    return any ? Change([&](Group& group) { return schema_.ForgetTokens(group); }) : Ok();
  }

 private:
  Status Change(std::function<Status(Group&)> change) {
    auto waiter = std::make_shared<SchemaQueued::Waiter>();
    writer_.Submit(std::make_unique<SchemaQueued>(std::move(change), waiter));
    return waiter->Wait();
  }

  const EngineOptions options_;
  store::Store& store_;
  Published<Catalogue> catalogue_;
  RecentWrites recent_;  // the writer's
  Schema schema_;        // the writer's
  QueueService queues_;
  Writer writer_;  // last: stops before what it uses goes away
};

}  // namespace

Result<std::unique_ptr<Engine>> Engine::Open(const EngineOptions& options, store::Store& store, Clock& clock,
                                             Random& random) {
  ASSIGN_OR_RETURN(Loaded loaded, Load(store));
  auto engine = std::make_unique<EngineImpl>(options, store, clock, random, std::move(loaded));
  TRY(engine->Start());
  return std::unique_ptr<Engine>(std::move(engine));
}

std::string ItemStoreKey(const Table& table, std::string_view key_bytes) {
  std::string key = layout::ItemPrefix(table.scope, table.id);
  key.append(key_bytes);
  return key;
}

Result<SequenceNumber> BeforeTime(const Engine& engine, LogId id, ShardNumber number, std::int64_t time_ms) {
  const auto log = engine.catalogue()->FindLog(id);
  const Shard* shard = log == nullptr ? nullptr : FindShard(*log, number);
  if (shard == nullptr) return Err(ErrorCode::kNotFound, reason::kStreamNotFound, "there is no such shard");
  // Times of a shard never go back, so the place can be halved for.
  std::uint64_t low = shard->trimmed.value();
  std::uint64_t high = std::max(low, shard->end ? shard->end->value() : engine.committed().value());
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    ASSIGN_OR_RETURN(const LogPage page,
                     engine.ReadLog(id, number, {.after = SequenceNumber(middle), .records_max = 1, .bytes_max = 1}));
    if (page.records.empty() || page.records[0].sequence.value() > high) {
      high = middle;
      continue;
    }
    ASSIGN_OR_RETURN(const std::int64_t time, RecordTime(page.records[0].value));
    if (time >= time_ms) {
      high = middle;
    } else {
      low = page.records[0].sequence.value();
    }
  }
  return SequenceNumber(low);
}

ItemRange PartitionRange(const Table& table, std::string_view partition_prefix) {
  const std::string lower = ItemStoreKey(table, partition_prefix);
  return {lower, store::PrefixEnd(lower)};
}

ItemRange SegmentRange(const Table& table, std::uint32_t segment, std::uint32_t total) {
  CHECK(total > 0 && segment < total);
  const auto bound = [&](std::uint64_t index) {
    const std::uint64_t hash = 65536ull * index / total;
    std::string key = layout::ItemPrefix(table.scope, table.id);
    if (hash > 0xffff) return store::PrefixEnd(key);
    PutBigEndian(key, static_cast<std::uint16_t>(hash));
    return key;
  };
  return {bound(segment), bound(segment + 1ull)};
}

}  // namespace millrace::engine
