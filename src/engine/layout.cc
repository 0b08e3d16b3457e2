#include "engine/layout.h"

#include <algorithm>
#include <charconv>
#include <type_traits>

#include "base/bytes.h"
#include "model/codec.h"

namespace millrace::engine::layout {
namespace {

using model::AttributeMap;
using model::AttributeType;
using model::AttributeValue;
using model::Item;
using model::List;
using model::Number;

// Catalogue rows are DynamoDB items, so they use the one codec, and a newer version may add attributes.
class RowBuilder {
 public:
  RowBuilder& Text(std::string name, std::string_view value) {
    item_.Set(std::move(name), AttributeValue(std::string(value)));
    return *this;
  }
  RowBuilder& Integer(std::string name, std::uint64_t value) {
    // Decimal text: a sequence number may exceed int64.
    item_.Set(std::move(name), AttributeValue(*Number::Parse(std::to_string(value))));
    return *this;
  }
  RowBuilder& Flag(std::string name, bool value) {
    item_.Set(std::move(name), AttributeValue(value));
    return *this;
  }
  RowBuilder& Value(std::string name, AttributeValue value) {
    item_.Set(std::move(name), std::move(value));
    return *this;
  }
  Item Take() { return std::move(item_); }

 private:
  Item item_;
};

// Reads a row; a missing or mistyped attribute is remembered, and told once by Finish().
class RowReader {
 public:
  explicit RowReader(const AttributeMap& item) : item_(item) {}

  std::string Text(std::string_view name) {
    const auto* value = item_.Find(name);
    if (value == nullptr || value->s() == nullptr) return Missing(name), std::string();
    return *value->s();
  }
  // A whole number that fits T.
  template <class T = std::uint64_t>
  T Integer(std::string_view name) {
    const auto* value = item_.Find(name);
    if (value == nullptr || value->n() == nullptr) return Missing(name), T{};
    const std::string text = value->n()->ToString();
    T number{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc() || end != text.data() + text.size()) return Missing(name), T{};
    return number;
  }
  // One of an enum whose values are 1 to `last`.
  template <class E>
  E OneOf(std::string_view name, E last) {
    const auto number = Integer<std::underlying_type_t<E>>(name);
    if (number < 1 || number > static_cast<std::underlying_type_t<E>>(last)) Missing(name);
    return static_cast<E>(number);
  }
  bool Flag(std::string_view name) {
    const auto* value = item_.Find(name);
    const bool* flag = value == nullptr ? nullptr : value->As<bool>();
    if (flag == nullptr) return Missing(name), false;
    return *flag;
  }
  const AttributeValue* Find(std::string_view name) const { return item_.Find(name); }
  bool Has(std::string_view name) const { return item_.Find(name) != nullptr; }

  void Missing(std::string_view name) {
    if (missing_.empty()) missing_ = name;
  }
  Status Finish(std::string_view row) const {
    if (missing_.empty()) return Ok();
    return Err(ErrorCode::kCorruption, {}, "the {} row of the catalogue lacks a valid '{}'", row, missing_);
  }

 private:
  const AttributeMap& item_;
  std::string missing_;
};

AttributeValue TextsValue(const std::map<std::string, std::string>& texts) {
  AttributeMap map;
  for (const auto& [name, text] : texts) map.Set(name, AttributeValue(text));
  return AttributeValue(std::move(map));
}

std::map<std::string, std::string> ReadTexts(RowReader& row, std::string_view name) {
  std::map<std::string, std::string> texts;
  const auto* value = row.Find(name);
  if (value == nullptr || value->m() == nullptr) return row.Missing(name), texts;
  for (const auto& [key, text] : *value->m())
    if (text.s() != nullptr) texts[key] = *text.s();
  return texts;
}

AttributeValue SchemaValue(const model::KeySchema& schema) {
  RowBuilder row;
  row.Text("partition", schema.partition.name).Text("partition_type", AttributeTypeName(schema.partition.type));
  if (schema.sort) row.Text("sort", schema.sort->name).Text("sort_type", AttributeTypeName(schema.sort->type));
  return AttributeValue(row.Take());
}

model::KeySchema ReadSchema(RowReader& outer) {
  const auto* value = outer.Find("schema");
  if (value == nullptr || value->m() == nullptr) return outer.Missing("schema"), model::KeySchema{};
  RowReader row(*value->m());
  model::KeySchema schema;
  const auto type = [&](std::string_view name) {
    const auto parsed = model::ParseAttributeType(row.Text(name));
    if (!parsed || *parsed > AttributeType::kB) row.Missing(name);  // S, N or B
    return parsed.value_or(AttributeType::kS);
  };
  schema.partition = {row.Text("partition"), type("partition_type")};
  if (row.Has("sort")) schema.sort = model::KeyAttribute{row.Text("sort"), type("sort_type")};
  if (!row.Finish("schema").ok()) outer.Missing("schema");
  return schema;
}

AttributeValue ShardValue(const Shard& shard) {
  RowBuilder row;
  row.Integer("number", shard.number.value())
      .Text("id", shard.id)
      .Text("parent_id", shard.parent_id)
      .Integer("hash_low", shard.hash_low)
      .Integer("hash_high", shard.hash_high)
      .Integer("created", static_cast<std::uint64_t>(shard.created_ms))
      .Integer("closed", static_cast<std::uint64_t>(shard.closed_ms))
      .Integer("start", shard.start.value())
      .Integer("trimmed", shard.trimmed.value());
  if (shard.parent) row.Integer("parent", shard.parent->value());
  if (shard.end) row.Integer("end", shard.end->value());
  return AttributeValue(row.Take());
}

Result<Shard> ReadShard(const AttributeValue& value) {
  if (value.m() == nullptr) return Err(ErrorCode::kCorruption, {}, "a shard of the catalogue is not a map");
  RowReader row(*value.m());
  Shard shard;
  shard.number = ShardNumber(row.Integer<std::uint32_t>("number"));
  shard.id = row.Text("id");
  shard.parent_id = row.Text("parent_id");
  shard.hash_low = row.Integer<std::uint16_t>("hash_low");
  shard.hash_high = row.Integer<std::uint16_t>("hash_high");
  shard.created_ms = row.Integer<std::int64_t>("created");
  shard.closed_ms = row.Integer<std::int64_t>("closed");
  shard.start = SequenceNumber(row.Integer("start"));
  shard.trimmed = SequenceNumber(row.Integer("trimmed"));
  if (row.Has("parent")) shard.parent = ShardNumber(row.Integer<std::uint32_t>("parent"));
  if (row.Has("end")) shard.end = SequenceNumber(row.Integer("end"));
  TRY(row.Finish("shard"));
  return shard;
}

// An enabled log takes a record of every hash, and exactly one shard does.
bool CoversEveryHash(const Log& log) {
  std::vector<const Shard*> open;
  for (const Shard& shard : log.shards)
    if (shard.open()) open.push_back(&shard);
  std::ranges::sort(open, {}, [](const Shard* shard) { return shard->hash_low; });
  std::uint32_t next = 0;
  for (const Shard* shard : open) {
    if (shard->hash_low != next || shard->hash_high < shard->hash_low) return false;
    next = shard->hash_high + 1u;
  }
  return next == 65536;
}

}  // namespace

std::string ItemPrefix(ScopeId scope, TableId table) {
  std::string key;
  key.reserve(64);  // the item key follows
  PutBigEndian(key, scope.value());
  PutBigEndian(key, table.value());
  return key;
}

std::string LogPrefix(ScopeId scope, LogId log) {
  std::string key;
  key.reserve(kLogKeyBytes);
  PutBigEndian(key, scope.value());
  PutBigEndian(key, log.value());
  return key;
}

std::string ShardPrefix(ScopeId scope, LogId log, ShardNumber shard) {
  std::string key = LogPrefix(scope, log);
  PutBigEndian(key, shard.value());
  return key;
}

std::string LogKey(ScopeId scope, LogId log, ShardNumber shard, SequenceNumber sequence) {
  std::string key = ShardPrefix(scope, log, shard);
  PutBigEndian(key, sequence.value());
  return key;
}

SequenceNumber SequenceOfLogKey(std::string_view key) {
  return SequenceNumber(GetBigEndian<std::uint64_t>(key.data() + kLogKeyBytes - 8));
}

std::string MetaKey(char kind, std::uint32_t id) {
  std::string key(1, kind);
  PutBigEndian(key, id);
  return key;
}

std::string CountersKey(TableId table) {
  std::string key = "ec";
  PutBigEndian(key, table.value());
  return key;
}

std::string TokenPrefix(std::uint64_t period) {
  std::string key = "et";
  PutBigEndian(key, period);
  return key;
}

std::string TokenKey(std::uint64_t period, ScopeId scope, std::string_view token) {
  std::string key = TokenPrefix(period);
  PutBigEndian(key, scope.value());
  key.append(token);
  return key;
}

std::string MessagePrefix(ScopeId scope, QueueId queue) {
  return ShardPrefix(scope, LogId(queue.value()), ShardNumber(0));
}

std::string MessageKey(ScopeId scope, QueueId queue, SequenceNumber sequence) {
  return LogKey(scope, LogId(queue.value()), ShardNumber(0), sequence);
}

std::string QueueCountsKey(QueueId queue) {
  std::string key = "ek";
  PutBigEndian(key, queue.value());
  return key;
}

std::string LeasePrefix(QueueId queue) {
  std::string key = "el";
  PutBigEndian(key, queue.value());
  return key;
}

std::string LeaseKey(QueueId queue, SequenceNumber message) {
  std::string key = LeasePrefix(queue);
  PutBigEndian(key, message.value());
  return key;
}

SequenceNumber SequenceOfLeaseKey(std::string_view key) {
  return SequenceNumber(GetBigEndian<std::uint64_t>(key.data() + key.size() - 8));
}

std::string DeduplicationPrefix(std::uint64_t period) {
  std::string key = "ed";
  PutBigEndian(key, period);
  return key;
}

std::string DeduplicationKey(std::uint64_t period, QueueId queue, std::string_view group, std::string_view id) {
  std::string key = DeduplicationPrefix(period);
  PutBigEndian(key, queue.value());
  PutBytes(key, group);
  key.append(id);
  return key;
}

std::string EncodeNextIds(const NextIds& ids) {
  return model::EncodeItem(
      RowBuilder().Integer("scope", ids.scope).Integer("table", ids.table).Integer("log", ids.log).Take());
}

Result<NextIds> DecodeNextIds(std::string_view bytes) {
  ASSIGN_OR_RETURN(const Item item, model::DecodeItem(bytes));
  RowReader row(item);
  NextIds ids;
  ids.scope = row.Integer<std::uint32_t>("scope");
  ids.table = row.Integer<std::uint32_t>("table");
  ids.log = row.Integer<std::uint32_t>("log");
  TRY(row.Finish("counters"));
  return ids;
}

std::string EncodeScope(const Scope& scope) {
  return model::EncodeItem(RowBuilder().Text("account", scope.account).Text("region", scope.region).Take());
}

Result<Scope> DecodeScope(std::string_view bytes) {
  ASSIGN_OR_RETURN(const Item item, model::DecodeItem(bytes));
  RowReader row(item);
  Scope scope{row.Text("account"), row.Text("region")};
  TRY(row.Finish("scope"));
  return scope;
}

std::string EncodeTable(const Table& table) {
  RowBuilder row;
  row.Integer("id", table.id.value())
      .Integer("scope", table.scope.value())
      .Text("name", table.name)
      .Text("arn", table.arn)
      .Text("uuid", table.uuid)
      .Value("schema", SchemaValue(table.schema))
      .Integer("billing", static_cast<std::uint64_t>(table.billing))
      .Integer("read_units", static_cast<std::uint64_t>(table.read_units))
      .Integer("write_units", static_cast<std::uint64_t>(table.write_units))
      .Flag("deletion_protection", table.deletion_protection)
      .Text("table_class", table.table_class)
      .Value("echoed", TextsValue(table.echoed))
      .Integer("created", static_cast<std::uint64_t>(table.created_ms))
      .Integer("stream_shards", table.stream_shards)
      .Integer("stream_retention", static_cast<std::uint64_t>(table.stream_retention_ms));
  if (table.stream) row.Integer("stream", table.stream->value());
  if (table.latest_stream) row.Integer("latest_stream", table.latest_stream->value());
  return model::EncodeItem(row.Take());
}

Result<Table> DecodeTable(std::string_view bytes) {
  ASSIGN_OR_RETURN(const Item item, model::DecodeItem(bytes));
  RowReader row(item);
  Table table;
  table.id = TableId(row.Integer<std::uint32_t>("id"));
  table.scope = ScopeId(row.Integer<std::uint32_t>("scope"));
  table.name = row.Text("name");
  table.arn = row.Text("arn");
  table.uuid = row.Text("uuid");
  table.schema = ReadSchema(row);
  table.billing = row.OneOf("billing", BillingMode::kPayPerRequest);
  table.read_units = row.Integer<std::int64_t>("read_units");
  table.write_units = row.Integer<std::int64_t>("write_units");
  table.deletion_protection = row.Flag("deletion_protection");
  table.table_class = row.Text("table_class");
  if (row.Has("echoed")) table.echoed = ReadTexts(row, "echoed");
  table.created_ms = row.Integer<std::int64_t>("created");
  table.stream_retention_ms = row.Integer<std::int64_t>("stream_retention");
  table.stream_shards = row.Integer<std::uint32_t>("stream_shards");
  if (row.Has("stream")) table.stream = LogId(row.Integer<std::uint32_t>("stream"));
  if (row.Has("latest_stream")) table.latest_stream = LogId(row.Integer<std::uint32_t>("latest_stream"));
  TRY(row.Finish("table"));
  return table;
}

std::string EncodeLog(const Log& log) {
  List shards;
  for (const Shard& shard : log.shards) shards.push_back(ShardValue(shard));
  RowBuilder row;
  row.Integer("id", log.id.value())
      .Integer("kind", static_cast<std::uint64_t>(log.kind))
      .Integer("scope", log.scope.value())
      .Text("name", log.name)
      .Text("label", log.label)
      .Text("arn", log.arn)
      .Integer("table", log.table.value())
      .Value("schema", SchemaValue(log.schema))
      .Integer("view", static_cast<std::uint64_t>(log.view))
      .Integer("created", static_cast<std::uint64_t>(log.created_ms))
      .Integer("retention", static_cast<std::uint64_t>(log.retention_ms))
      .Value("shards", AttributeValue(std::move(shards)));
  if (log.disabled_ms) row.Integer("disabled", static_cast<std::uint64_t>(*log.disabled_ms));
  return model::EncodeItem(row.Take());
}

Result<Log> DecodeLog(std::string_view bytes) {
  ASSIGN_OR_RETURN(const Item item, model::DecodeItem(bytes));
  RowReader row(item);
  Log log;
  log.id = LogId(row.Integer<std::uint32_t>("id"));
  log.kind = row.OneOf("kind", LogKind::kBus);
  log.scope = ScopeId(row.Integer<std::uint32_t>("scope"));
  log.name = row.Text("name");
  log.label = row.Text("label");
  log.arn = row.Text("arn");
  log.table = TableId(row.Integer<std::uint32_t>("table"));
  log.schema = ReadSchema(row);
  log.view = row.OneOf("view", model::StreamViewType::kNewAndOldImages);
  log.created_ms = row.Integer<std::int64_t>("created");
  log.retention_ms = row.Integer<std::int64_t>("retention");
  if (row.Has("disabled")) log.disabled_ms = row.Integer<std::int64_t>("disabled");
  const auto* shards = row.Find("shards");
  if (shards == nullptr || shards->l() == nullptr) {
    row.Missing("shards");
  } else {
    for (const AttributeValue& value : *shards->l()) {
      ASSIGN_OR_RETURN(Shard shard, ReadShard(value));
      log.shards.push_back(std::move(shard));
    }
  }
  TRY(row.Finish("log"));
  if (log.enabled() && !CoversEveryHash(log))
    return Err(ErrorCode::kCorruption, {}, "the open shards of {} do not cover every key once", log.arn);
  return log;
}

std::string EncodeQueue(const Queue& queue) {
  const QueueSettings& settings = queue.settings;
  RowBuilder row;
  row.Integer("id", queue.id.value())
      .Integer("scope", queue.scope.value())
      .Text("account", queue.account)
      .Text("region", queue.region)
      .Text("name", queue.name)
      .Text("arn", queue.arn)
      .Integer("created", static_cast<std::uint64_t>(queue.created_ms))
      .Integer("modified", static_cast<std::uint64_t>(queue.modified_ms))
      .Flag("fifo", settings.fifo)
      .Flag("content_deduplication", settings.content_deduplication)
      .Integer("deduplication_scope", static_cast<std::uint64_t>(settings.deduplication_scope))
      .Integer("visibility", static_cast<std::uint64_t>(settings.visibility.count()))
      .Integer("delay", static_cast<std::uint64_t>(settings.delay.count()))
      .Integer("retention", static_cast<std::uint64_t>(settings.retention.count()))
      .Integer("message_bytes_max", settings.message_bytes_max)
      .Integer("receive_wait", static_cast<std::uint64_t>(settings.receive_wait.count()))
      .Value("echoed", TextsValue(settings.echoed))
      .Value("tags", TextsValue(settings.tags));
  if (settings.redrive) {
    row.Text("dead_letter", settings.redrive->dead_letter_arn).Integer("receives_max", settings.redrive->max_receives);
  }
  return model::EncodeItem(row.Take());
}

Result<Queue> DecodeQueue(std::string_view bytes) {
  ASSIGN_OR_RETURN(const Item item, model::DecodeItem(bytes));
  RowReader row(item);
  const auto time = [&row](std::string_view name) {
    return std::chrono::milliseconds(row.Integer<std::int64_t>(name));
  };
  Queue queue;
  queue.id = QueueId(row.Integer<std::uint32_t>("id"));
  queue.scope = ScopeId(row.Integer<std::uint32_t>("scope"));
  queue.account = row.Text("account");
  queue.region = row.Text("region");
  queue.name = row.Text("name");
  queue.arn = row.Text("arn");
  queue.created_ms = row.Integer<std::int64_t>("created");
  queue.modified_ms = row.Integer<std::int64_t>("modified");
  QueueSettings& settings = queue.settings;
  settings.fifo = row.Flag("fifo");
  settings.content_deduplication = row.Flag("content_deduplication");
  settings.deduplication_scope = row.OneOf("deduplication_scope", DeduplicationScope::kMessageGroup);
  settings.visibility = time("visibility");
  settings.delay = time("delay");
  settings.retention = time("retention");
  settings.message_bytes_max = row.Integer<std::size_t>("message_bytes_max");
  settings.receive_wait = time("receive_wait");
  settings.echoed = ReadTexts(row, "echoed");
  settings.tags = ReadTexts(row, "tags");
  if (row.Has("dead_letter"))
    settings.redrive = RedrivePolicy{row.Text("dead_letter"), row.Integer<std::uint32_t>("receives_max")};
  TRY(row.Finish("queue"));
  return queue;
}

}  // namespace millrace::engine::layout
