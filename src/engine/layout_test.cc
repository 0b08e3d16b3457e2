// Proves that every row of the catalogue comes back as it was written, that keys sort as their parts do, and that a row
// of any other bytes is Corruption and never something half read.
#include "engine/layout.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "engine/shards.h"
#include "model/codec.h"

namespace millrace::engine::layout {
namespace {

using model::AttributeType;

Table SampleTable() {
  Table table;
  table.id = TableId(0xfffffffe);
  table.scope = ScopeId(3);
  table.name = "orders";
  table.arn = "arn:aws:dynamodb:us-east-1:000000000000:table/orders";
  table.uuid = "9b1f8c1e-0000-4000-8000-000000000000";
  table.schema = {.partition = {"pk", AttributeType::kB}, .sort = model::KeyAttribute{"sk", AttributeType::kN}};
  table.billing = BillingMode::kProvisioned;
  table.read_units = 5;
  table.write_units = 40'000;
  table.deletion_protection = true;
  table.table_class = "STANDARD_INFREQUENT_ACCESS";
  table.echoed = {{"Tags", R"([{"Key":"a","Value":"b"}])"}, {"SSESpecification", "{}"}};
  table.created_ms = 1'700'000'000'123;
  table.stream_shards = 4;
  table.stream = LogId(9);
  table.latest_stream = LogId(8);
  return table;
}

Log SampleLog() {
  SeededRandom random(1);
  Log log;
  log.id = LogId(7);
  log.kind = LogKind::kStream;
  log.scope = ScopeId(3);
  log.name = "orders";
  log.label = "2026-01-31T12:34:56.789";
  log.arn = "arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/2026-01-31T12:34:56.789";
  log.table = TableId(5);
  log.schema = {.partition = {"pk", AttributeType::kS}, .sort = std::nullopt};
  log.view = model::StreamViewType::kOldImage;
  log.created_ms = 17;
  log.retention_ms = 86'400'000;
  log.shards = FirstShards(2, 17, SequenceNumber(~std::uint64_t{0} - 10), random);
  RollShards(log, 2, 99, SequenceNumber(~std::uint64_t{0} - 2), random, [](const Shard&) { return true; });
  log.shards[0].trimmed = SequenceNumber(~std::uint64_t{0} - 5);
  return log;
}

void ExpectSame(const Shard& a, const Shard& b) {
  EXPECT_EQ(std::tie(a.number, a.id, a.parent, a.parent_id, a.hash_low, a.hash_high, a.created_ms, a.closed_ms, a.start,
                     a.end, a.trimmed),
            std::tie(b.number, b.id, b.parent, b.parent_id, b.hash_low, b.hash_high, b.created_ms, b.closed_ms, b.start,
                     b.end, b.trimmed));
}

TEST(Layout, TableRowsComeBack) {
  for (const bool full : {true, false}) {
    Table table = SampleTable();
    if (!full) {
      table.schema.sort.reset();
      table.stream.reset();
      table.latest_stream.reset();
      table.echoed.clear();
      table.table_class.clear();
      table.deletion_protection = false;
    }
    const auto read = DecodeTable(EncodeTable(table));
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_EQ(std::tie(read->id, read->scope, read->name, read->arn, read->uuid, read->schema, read->billing,
                       read->read_units, read->write_units, read->deletion_protection, read->table_class, read->echoed,
                       read->created_ms, read->stream_shards, read->stream, read->latest_stream),
              std::tie(table.id, table.scope, table.name, table.arn, table.uuid, table.schema, table.billing,
                       table.read_units, table.write_units, table.deletion_protection, table.table_class, table.echoed,
                       table.created_ms, table.stream_shards, table.stream, table.latest_stream));
  }
}

TEST(Layout, LogRowsComeBack) {
  for (const bool enabled : {true, false}) {
    Log log = SampleLog();
    if (!enabled) {
      log.disabled_ms = 123;
      CloseShards(log, 123, SequenceNumber(~std::uint64_t{0}));
    }
    const auto read = DecodeLog(EncodeLog(log));
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_EQ(std::tie(read->id, read->kind, read->scope, read->name, read->label, read->arn, read->table, read->schema,
                       read->view, read->created_ms, read->retention_ms, read->disabled_ms),
              std::tie(log.id, log.kind, log.scope, log.name, log.label, log.arn, log.table, log.schema, log.view,
                       log.created_ms, log.retention_ms, log.disabled_ms));
    ASSERT_EQ(read->shards.size(), log.shards.size());
    for (std::size_t i = 0; i < log.shards.size(); ++i) ExpectSame(read->shards[i], log.shards[i]);
  }
}

TEST(Layout, ScopeAndCounterRowsComeBack) {
  const Scope scope{"111122223333", "eu-west-1"};
  EXPECT_EQ(*DecodeScope(EncodeScope(scope)), scope);
  const NextIds ids{.scope = 1, .table = 0xffffffff, .log = 77};
  const auto read = DecodeNextIds(EncodeNextIds(ids));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(std::tie(read->scope, read->table, read->log), std::tie(ids.scope, ids.table, ids.log));
}

// Rows in which one attribute is missing or has a value that it cannot have.
TEST(Layout, RefusesARowWithAWrongAttribute) {
  const auto expect_corruption = [](std::string_view row, std::string_view what, const auto& decode) {
    const auto read = decode(row);
    ASSERT_FALSE(read.ok()) << what;
    EXPECT_EQ(read.error().code(), ErrorCode::kCorruption);
  };
  const auto each = [&](const std::string& row, std::span<const std::string_view> optional, const auto& decode) {
    const model::Item item = *model::DecodeItem(row);
    for (const auto& [name, value] : item) {
      model::Item changed = item;
      changed.Set(name, model::AttributeValue(model::List{}));
      if (name != "echoed" && name != "shards") expect_corruption(model::EncodeItem(changed), name, decode);
      for (const std::string_view number : {"-1", "1.5", "99999999999999999999999"}) {
        if (value.n() == nullptr) continue;
        changed.Set(name, model::AttributeValue(*model::Number::Parse(number)));
        const bool time_may_be_negative = name == "created" || name == "disabled" || name == "read_units" ||
                                          name == "write_units" || name == "retention" || name == "stream_retention";
        if (number != "-1" || !time_may_be_negative) expect_corruption(model::EncodeItem(changed), name, decode);
      }
      changed = item;
      changed.Erase(name);
      if (std::ranges::find(optional, name) == optional.end())
        expect_corruption(model::EncodeItem(changed), name, decode);
    }
  };
  constexpr std::string_view kOptionalOfTable[] = {"stream", "latest_stream", "echoed"};
  each(EncodeTable(SampleTable()), kOptionalOfTable, DecodeTable);
  each(EncodeLog(SampleLog()), {}, DecodeLog);
  each(EncodeScope({"1", "r"}), {}, DecodeScope);
  each(EncodeNextIds({}), {}, DecodeNextIds);
}

TEST(Layout, RefusesUnknownKindsAndViews) {
  Log log = SampleLog();
  for (const int bad : {0, 5, 255}) {
    log.view = static_cast<model::StreamViewType>(bad);
    EXPECT_FALSE(DecodeLog(EncodeLog(log)).ok()) << bad;
  }
  log = SampleLog();
  log.kind = static_cast<LogKind>(3);
  EXPECT_FALSE(DecodeLog(EncodeLog(log)).ok());
  Table table = SampleTable();
  table.billing = static_cast<BillingMode>(3);
  EXPECT_FALSE(DecodeTable(EncodeTable(table)).ok());
  table = SampleTable();
  table.schema.partition.type = AttributeType::kBool;
  EXPECT_FALSE(DecodeTable(EncodeTable(table)).ok());
}

TEST(Layout, RefusesAnEnabledLogWhoseShardsLeaveAGapOrOverlap) {
  Log log = SampleLog();
  log.shards.back().hash_high = 0xfffe;
  EXPECT_FALSE(DecodeLog(EncodeLog(log)).ok());
  log = SampleLog();
  --log.shards.back().hash_low;
  EXPECT_FALSE(DecodeLog(EncodeLog(log)).ok());
  log = SampleLog();
  log.shards.clear();
  EXPECT_FALSE(DecodeLog(EncodeLog(log)).ok());
}

TEST(Layout, RefusesMutilatedRowsOrReadsWhatTheySay) {
  constexpr std::uint64_t kSeed = 5;
  SCOPED_TRACE(kSeed);
  SeededRandom random(kSeed);
  const std::string rows[] = {EncodeTable(SampleTable()), EncodeLog(SampleLog()), EncodeScope({"1", "r"}),
                              EncodeNextIds({})};
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string row = rows[random.Below(std::size(rows))];
    const std::size_t at = random.Below(row.size());
    switch (random.Below(3)) {
      case 0:
        row[at] = static_cast<char>(random.Next());
        break;
      case 1:
        row.resize(at);
        break;
      default:
        row.insert(at, 1, static_cast<char>(random.Next()));
    }
    // Whatever they read, what was read can be written again.
    if (const auto table = DecodeTable(row); table.ok()) {
      EXPECT_TRUE(DecodeTable(EncodeTable(*table)).ok());
    }
    if (const auto log = DecodeLog(row); log.ok()) {
      EXPECT_TRUE(DecodeLog(EncodeLog(*log)).ok());
    }
    const auto scope = DecodeScope(row);
    const auto ids = DecodeNextIds(row);
    refused += scope.ok() || ids.ok() ? 0 : 1;
  }
  EXPECT_GT(refused, 10'000);
}

TEST(Layout, LogKeysSortByShardAndSequence) {
  const auto key = [](std::uint32_t scope, std::uint32_t log, std::uint32_t shard, std::uint64_t sequence) {
    return LogKey(ScopeId(scope), LogId(log), ShardNumber(shard), SequenceNumber(sequence));
  };
  EXPECT_LT(key(1, 1, 1, 255), key(1, 1, 1, 256));
  EXPECT_LT(key(1, 1, 1, ~std::uint64_t{0}), key(1, 1, 2, 0));
  EXPECT_LT(key(1, 1, 0xffffffff, 9), key(1, 2, 0, 0));
  EXPECT_LT(key(1, 9, 9, 9), key(2, 0, 0, 0));
  EXPECT_EQ(key(1, 2, 3, 4).size(), kLogKeyBytes);
  EXPECT_EQ(SequenceOfLogKey(key(1, 2, 3, 0x0123456789abcdefull)), SequenceNumber(0x0123456789abcdefull));
  EXPECT_TRUE(key(1, 2, 3, 4).starts_with(ShardPrefix(ScopeId(1), LogId(2), ShardNumber(3))));
  EXPECT_TRUE(key(1, 2, 3, 4).starts_with(LogPrefix(ScopeId(1), LogId(2))));
  EXPECT_EQ(ItemPrefix(ScopeId(1), TableId(2)).size(), kItemPrefixBytes);
}

TEST(Layout, EngineRowsOfTheStateSpaceBeginWithE) {
  EXPECT_TRUE(CountersKey(TableId(1)).starts_with('e'));
  EXPECT_TRUE(TokenKey(1, ScopeId(1), "token").starts_with(TokenPrefix(1)));
  EXPECT_LT(TokenKey(1, ScopeId(0xffffffff), "\xff"), TokenPrefix(2));
  EXPECT_EQ(kSequenceKey.front(), 'e');
}

}  // namespace
}  // namespace millrace::engine::layout
