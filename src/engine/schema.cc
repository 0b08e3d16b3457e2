#include "engine/schema.h"

#include "base/bytes.h"
#include "base/check.h"
#include "engine/shards.h"

namespace millrace::engine {
namespace {

// A trim looks at so many records before it commits what it found and goes on.
constexpr std::size_t kTrimStepRecords = 10'000;

Error NoSuchTable() {
  return Err(ErrorCode::kNotFound, reason::kTableNotFound, "Requested resource not found");
}
Error NoSuchLog(LogId id) {
  return Err(ErrorCode::kNotFound, reason::kStreamNotFound, "log {} does not exist", id.value());
}

}  // namespace

void Schema::SaveTable(Group& group, Table table) {
  group.PutRow(store::Space::kMeta, layout::MetaKey(layout::kTableKind, table.id.value()), layout::EncodeTable(table));
  group.MutableCatalogue().SetTable(std::make_shared<const Table>(std::move(table)));
}

void Schema::SaveLog(Group& group, Log log) {
  group.PutRow(store::Space::kMeta, layout::MetaKey(layout::kLogKind, log.id.value()), layout::EncodeLog(log));
  group.Touch(log.id);
  group.MutableCatalogue().SetLog(std::make_shared<const Log>(std::move(log)));
}

void Schema::SaveNextIds(Group& group) {
  group.PutRow(store::Space::kMeta, layout::kCountersKey, layout::EncodeNextIds(next_));
}

Status Schema::EnsureScope(Group& group, const Scope& scope, ScopeId* id) {
  if (const auto known = group.catalogue().FindScope(scope)) {
    *id = *known;
    return Ok();
  }
  *id = ScopeId(next_.scope++);
  SaveNextIds(group);
  group.PutRow(store::Space::kMeta, layout::MetaKey(layout::kScopeKind, id->value()), layout::EncodeScope(scope));
  group.MutableCatalogue().SetScope(scope, *id);
  return Ok();
}

Status Schema::CreateTable(Group& group, const CreateTableRequest& request, std::shared_ptr<const Table>* table) {
  ScopeId scope;
  TRY(EnsureScope(group, request.scope, &scope));
  if (group.catalogue().FindTable(scope, request.name) != nullptr)
    return Err(ErrorCode::kAlreadyExists, reason::kTableExists, "Table already exists: {}", request.name);
  Table made;
  made.id = TableId(next_.table++);
  made.scope = scope;
  made.scope_name = request.scope;
  made.name = request.name;
  made.arn = fmt::format("arn:aws:dynamodb:{}:{}:table/{}", request.scope.region, request.scope.account, request.name);
  made.uuid = random_.Uuid();
  made.schema = request.schema;
  made.billing = request.billing;
  made.read_units = request.read_units;
  made.write_units = request.write_units;
  made.deletion_protection = request.deletion_protection;
  made.table_class = request.table_class;
  made.echoed = request.echoed;
  made.created_ms = group.now_ms();
  made.stream_shards = request.stream_shards;
  made.stream_retention_ms = request.stream_retention.count();
  if (request.stream) {
    Log stream = NewStream(group, made, *request.stream);
    made.stream = made.latest_stream = stream.id;
    SaveLog(group, std::move(stream));
  }
  SaveNextIds(group);
  const TableId id = made.id;
  SaveTable(group, std::move(made));
  *table = group.catalogue().FindTable(id);
  return Ok();
}

Status Schema::DeleteTable(Group& group, TableId id, std::shared_ptr<const Table>* table) {
  *table = group.catalogue().FindTable(id);
  if (*table == nullptr) return NoSuchTable();
  if ((*table)->deletion_protection)
    return Err(ErrorCode::kFailedPrecondition, reason::kDeletionProtected,
               "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection "
               "first.");
  if ((*table)->stream) CloseStream(group, *(*table)->stream);
  const std::string prefix = layout::ItemPrefix((*table)->scope, id);
  group.DeleteItems({prefix, store::PrefixEnd(prefix)});
  group.DeleteRow(store::Space::kMeta, layout::MetaKey(layout::kTableKind, id.value()));
  group.DeleteRow(store::Space::kState, layout::CountersKey(id));
  group.ForgetCounts(id);
  group.MutableCatalogue().EraseTable(id);
  return Ok();
}

Log Schema::NewStream(Group& group, const Table& table, model::StreamViewType view) {
  // A label is unique within its table, also when a stream is switched off and on within a millisecond.
  std::int64_t created_ms = group.now_ms();
  for (const auto& old : group.catalogue().Streams(table.scope, table.name))
    created_ms = std::max(created_ms, old->created_ms + 1);
  Log stream;
  stream.id = LogId(next_.log++);
  stream.kind = LogKind::kStream;
  stream.scope = table.scope;
  stream.scope_name = table.scope_name;
  stream.name = table.name;
  stream.label = StreamLabel(created_ms);
  stream.arn = fmt::format("{}/stream/{}", table.arn, stream.label);
  stream.table = table.id;
  stream.schema = table.schema;
  stream.view = view;
  stream.created_ms = created_ms;
  stream.retention_ms = table.stream_retention_ms;
  stream.shards = FirstShards(table.stream_shards, created_ms, group.NextSequence(), random_);
  return stream;
}

Status Schema::EnableStream(Group& group, TableId id, model::StreamViewType view, std::shared_ptr<const Table>* table) {
  const auto current = group.catalogue().FindTable(id);
  if (current == nullptr) return NoSuchTable();
  if (current->stream)
    return Err(ErrorCode::kFailedPrecondition, reason::kStreamState,
               "Table already has an enabled stream: TableName: {}", current->name);
  Table changed = *current;
  Log stream = NewStream(group, changed, view);
  changed.stream = changed.latest_stream = stream.id;
  SaveNextIds(group);
  SaveLog(group, std::move(stream));
  SaveTable(group, std::move(changed));
  *table = group.catalogue().FindTable(id);
  return Ok();
}

Status Schema::DisableStream(Group& group, TableId id, std::shared_ptr<const Table>* table) {
  const auto current = group.catalogue().FindTable(id);
  if (current == nullptr) return NoSuchTable();
  if (!current->stream)
    return Err(ErrorCode::kFailedPrecondition, reason::kStreamState, "Table has no stream to disable: TableName: {}",
               current->name);
  CloseStream(group, *current->stream);
  Table changed = *current;
  changed.stream.reset();
  SaveTable(group, std::move(changed));
  *table = group.catalogue().FindTable(id);
  return Ok();
}

void Schema::CloseStream(Group& group, LogId id) {
  Log closed = *group.catalogue().FindLog(id);
  closed.disabled_ms = group.now_ms();
  CloseShards(closed, group.now_ms(), group.NextSequence());
  SaveLog(group, std::move(closed));
}

Status Schema::SetStreamRetention(Group& group, TableId id, std::int64_t retention_ms,
                                  std::shared_ptr<const Table>* table) {
  const auto current = group.catalogue().FindTable(id);
  if (current == nullptr) return NoSuchTable();
  Table changed = *current;
  changed.stream_retention_ms = retention_ms;
  if (changed.stream) {
    Log stream = *group.catalogue().FindLog(*changed.stream);
    stream.retention_ms = retention_ms;
    SaveLog(group, std::move(stream));
  }
  SaveTable(group, std::move(changed));
  *table = group.catalogue().FindTable(id);
  return Ok();
}

Status Schema::CreateBus(Group& group, const Scope& scope_name, std::string_view name, std::int64_t retention_ms,
                         std::shared_ptr<const Log>* bus) {
  ScopeId scope;
  TRY(EnsureScope(group, scope_name, &scope));
  Log made;
  if (const auto existing = group.catalogue().FindBus(scope, name)) {
    made = *existing;
  } else {
    made.id = LogId(next_.log++);
    made.kind = LogKind::kBus;
    made.scope = scope;
    made.scope_name = scope_name;
    made.name = name;
    made.arn = fmt::format("arn:aws:events:{}:{}:event-bus/{}", scope_name.region, scope_name.account, name);
    made.created_ms = group.now_ms();
    made.shards = FirstShards(1, group.now_ms(), group.NextSequence(), random_);
    SaveNextIds(group);
  }
  made.retention_ms = retention_ms;
  const LogId id = made.id;
  SaveLog(group, std::move(made));
  *bus = group.catalogue().FindLog(id);
  return Ok();
}

Status Schema::DeleteBus(Group& group, LogId id) {
  const auto bus = group.catalogue().FindLog(id);
  if (bus == nullptr || bus->kind != LogKind::kBus) return NoSuchLog(id);
  TrimPlan plan;
  plan.log = id;
  plan.whole_log = true;
  return Trim(group, plan);
}

Status Schema::RollShards(Group& group, LogId id, Engine::Roll roll) {
  const auto current = group.catalogue().FindLog(id);
  if (current == nullptr) return NoSuchLog(id);
  if (!current->enabled())
    return Err(ErrorCode::kFailedPrecondition, reason::kStreamState, "the stream {} is disabled", current->arn);
  Log rolled = *current;
  engine::RollShards(rolled, roll == Engine::Roll::kSplit ? 2 : 1, group.now_ms(), group.NextSequence(), random_,
                     [](const Shard&) { return true; });
  SaveLog(group, std::move(rolled));
  return Ok();
}

Status Schema::RollOldShards(Group& group, LogId id) {
  const auto current = group.catalogue().FindLog(id);
  if (current == nullptr || !current->enabled() || current->kind != LogKind::kStream) return Ok();
  const std::int64_t born_before = group.now_ms() - options_.shard_age_max.count();
  const auto old = [&](const Shard& shard) { return shard.created_ms <= born_before; };
  if (std::ranges::none_of(current->shards, [&](const Shard& shard) { return shard.open() && old(shard); }))
    return Ok();
  Log rolled = *current;
  engine::RollShards(rolled, 1, group.now_ms(), group.NextSequence(), random_, old);
  SaveLog(group, std::move(rolled));
  return Ok();
}

Result<Schema::TrimPlan> Schema::PlanTrim(const store::Store& store, const Catalogue& catalogue, LogId id,
                                          const LogHolds& holds) const {
  TrimPlan plan;
  plan.log = id;
  const auto log = catalogue.FindLog(id);
  if (log == nullptr || log->retention_ms == 0) return plan;
  const std::int64_t cutoff_ms = clock_.NowMillis() - log->retention_ms;
  if (log->disabled_ms && *log->disabled_ms <= cutoff_ms) {
    plan.whole_log = true;
    return plan;
  }
  const std::int64_t hold_cutoff_ms = cutoff_ms - options_.hold_max.count();
  const auto readers = holds.find(id);
  std::size_t budget = kTrimStepRecords;
  for (const Shard& shard : log->shards) {
    // Everything up to here has been read by all who read the log.
    SequenceNumber read(~std::uint64_t{0});
    if (readers != holds.end()) {
      const auto reached = readers->second.find(shard.id);
      read = reached == readers->second.end() ? SequenceNumber(0) : reached->second;
    }
    const auto records = store.NewIterator(
        store::Space::kLog, {.lower = layout::ShardPrefix(log->scope, id, shard.number),
                             .upper = store::PrefixEnd(layout::ShardPrefix(log->scope, id, shard.number))});
    std::optional<SequenceNumber> last_old;
    bool reached_young = false;
    for (records->SeekToFirst(); records->Valid() && budget > 0; records->Next(), --budget) {
      ASSIGN_OR_RETURN(const std::int64_t time_ms, RecordTime(records->value()));
      const bool held = layout::SequenceOfLogKey(records->key()) > read && time_ms > hold_cutoff_ms;
      if (time_ms > cutoff_ms || held) {
        reached_young = true;
        break;
      }
      last_old = layout::SequenceOfLogKey(records->key());
    }
    TRY(records->status());
    const bool exhausted = !reached_young && !records->Valid();
    if (last_old) plan.up_to.emplace_back(shard.number, *last_old);
    if (exhausted && !shard.open() && shard.closed_ms <= cutoff_ms) plan.drop.push_back(shard.number);
    if (budget == 0) {
      plan.more = true;
      break;
    }
  }
  return plan;
}

Status Schema::MarkTrimmed(Group& group, const TrimPlan& plan) {
  const auto current = group.catalogue().FindLog(plan.log);
  if (current == nullptr) return Ok();
  Log marked = *current;
  for (Shard& shard : marked.shards) {
    if (plan.whole_log && shard.end) shard.trimmed = *shard.end;
    for (const auto& [number, sequence] : plan.up_to)
      if (shard.number == number) shard.trimmed = std::max(shard.trimmed, sequence);
  }
  SaveLog(group, std::move(marked));
  return Ok();
}

Status Schema::Trim(Group& group, const TrimPlan& plan) {
  const auto current = group.catalogue().FindLog(plan.log);
  if (current == nullptr) return Ok();
  if (plan.whole_log) {
    const std::string prefix = layout::LogPrefix(current->scope, plan.log);
    group.DeleteRows(store::Space::kLog, prefix, store::PrefixEnd(prefix));
    group.DeleteRow(store::Space::kMeta, layout::MetaKey(layout::kLogKind, plan.log.value()));
    group.Touch(plan.log);
    group.MutableCatalogue().EraseLog(plan.log);
    // A table that names it as its latest stream has none any more.
    if (const auto table = group.catalogue().FindTable(current->table); table && table->latest_stream == plan.log) {
      Table changed = *table;
      changed.latest_stream.reset();
      SaveTable(group, std::move(changed));
    }
    return Ok();
  }
  Log trimmed = *current;
  for (const auto& [number, sequence] : plan.up_to)
    group.DeleteRows(store::Space::kLog, layout::LogKey(trimmed.scope, trimmed.id, number, SequenceNumber(0)),
                     layout::LogKey(trimmed.scope, trimmed.id, number, SequenceNumber(sequence.value() + 1)));
  std::erase_if(trimmed.shards,
                [&](const Shard& shard) { return std::ranges::find(plan.drop, shard.number) != plan.drop.end(); });
  SaveLog(group, std::move(trimmed));
  return Ok();
}

Result<bool> Schema::HasOldTokens(const store::Store& store) const {
  const auto period = static_cast<std::uint64_t>(clock_.NowMillis() / options_.token_lifetime.count());
  if (period < 2) return false;
  const auto rows = store.NewIterator(store::Space::kState,
                                      {.lower = layout::TokenPrefix(0), .upper = layout::TokenPrefix(period - 1)});
  rows->SeekToFirst();
  TRY(rows->status());
  return rows->Valid();
}

Status Schema::ForgetTokens(Group& group) {
  const auto period = static_cast<std::uint64_t>(group.now_ms() / options_.token_lifetime.count());
  if (period >= 2) group.DeleteRows(store::Space::kState, layout::TokenPrefix(0), layout::TokenPrefix(period - 1));
  return Ok();
}

}  // namespace millrace::engine
