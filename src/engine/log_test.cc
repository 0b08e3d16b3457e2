// Proves what readers of logs rest on: pages that meet without gap or overlap while writes go on, a trim that is told
// and never skipped over, streams that come and go with their table, and listeners that hear of every change.
#include <gtest/gtest.h>

#include <latch>
#include <set>
#include <thread>

#include "engine/testing/node.h"
#include "engine/testing/stream_copy.h"

namespace millrace::engine {
namespace {

using testing::Delete;
using testing::kScope;
using testing::MakeItem;
using testing::N;
using testing::Put;
using testing::ReadShard;
using testing::ReadStream;
using testing::S;
using testing::StreamCopy;
using testing::TestNode;
using testing::Write;
using View = model::StreamViewType;

model::Item Numbered(std::int64_t i) {
  return MakeItem({{"pk", S(std::to_string(i % 7))}, {"i", N(i)}});
}
std::int64_t NumberOf(const model::Change& change) {
  return std::stoll(change.new_image->Find("i")->n()->ToString());
}
// A call that waits for an append.
Result<SequenceNumber> Append(Engine& engine, AppendRequest request) {
  std::promise<Result<SequenceNumber>> done;
  engine.Append(std::move(request), [&](Result<SequenceNumber> last) { done.set_value(std::move(last)); });
  return done.get_future().get();
}

CreateTableRequest OrdersRequest() {
  CreateTableRequest request;
  request.scope = kScope;
  request.name = "orders";
  request.schema = testing::StringKey();
  return request;
}

TEST(Log, PagesMeetWithoutGapOrOverlap) {
  TestNode node;
  const auto table = node.CreateTable("orders");
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Write(node.engine(), Put(table, Numbered(i))).ok());
  const auto stream = node.StreamOf("orders");
  for (const std::size_t size : {1u, 7u, 49u, 50u, 51u}) {
    SequenceNumber after = stream->shards[0].trimmed;
    std::int64_t next = 0;
    for (bool at_end = false; !at_end;) {
      const auto page = node.engine().ReadLog(stream->id, ShardNumber(0), {.after = after, .records_max = size});
      ASSERT_TRUE(page.ok());
      EXPECT_LE(page->records.size(), size);
      for (const LogRecord& record : page->records) EXPECT_EQ(NumberOf(*DecodeChange(*stream, record)), next++);
      EXPECT_GE(page->next, after);
      after = page->next;
      at_end = page->at_end;
    }
    EXPECT_EQ(next, 50);
    EXPECT_EQ(after, node.engine().committed());
  }
}

TEST(Log, APageHoldsItsBytesButAlwaysOneRecord) {
  TestNode node;
  const auto table = node.CreateTable("orders");
  for (int i = 0; i < 6; ++i)
    ASSERT_TRUE(
        Write(node.engine(), Put(table, MakeItem({{"pk", S(std::to_string(i))}, {"v", S(std::string(1000, 'x'))}})))
            .ok());
  const auto read = [&](std::size_t bytes) {
    return node.engine().ReadLog(*table->stream, ShardNumber(0), {.after = {}, .bytes_max = bytes})->records.size();
  };
  // The position before the first record: what the shard calls trimmed.
  const auto first = node.StreamOf("orders")->shards[0].trimmed;
  const auto page = node.engine().ReadLog(*table->stream, ShardNumber(0), {.after = first, .bytes_max = 2500});
  EXPECT_EQ(page->records.size(), 2u);
  EXPECT_FALSE(page->at_end);
  EXPECT_EQ(node.engine().ReadLog(*table->stream, ShardNumber(0), {.after = first, .bytes_max = 1})->records.size(),
            1u);
  EXPECT_EQ(first, SequenceNumber(0));
  EXPECT_EQ(read(1 << 20), 6u);
}

TEST(Log, CountsWhatIsBehindAPosition) {
  TestNode node;
  const auto table = node.CreateTable("orders");
  const std::int64_t begin = node.clock().NowMillis();
  std::vector<SequenceNumber> sequences;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(Write(node.engine(), Put(table, Numbered(i))).ok());
    sequences.push_back(node.engine().committed());
    node.clock().Advance(std::chrono::milliseconds(1));
  }
  const auto count = [&](SequenceNumber after, std::size_t records_max) {
    return *node.engine().CountLog(*table->stream, ShardNumber(0), after, records_max);
  };
  EXPECT_EQ(count({}, 100).records, 20u);
  EXPECT_FALSE(count({}, 20).more);
  EXPECT_EQ(count({}, 100).first_ms, begin);
  EXPECT_EQ(count({}, 19).records, 19u);
  EXPECT_TRUE(count({}, 19).more);
  EXPECT_EQ(count({}, 0).first_ms, begin);
  EXPECT_EQ(count(sequences[4], 100).records, 15u);
  EXPECT_EQ(count(sequences[4], 100).first_ms, begin + 5);
  EXPECT_EQ(count(sequences[19], 100).records, 0u);
  EXPECT_EQ(count(sequences[19], 100).first_ms, 0);
  EXPECT_EQ(count(SequenceNumber(~std::uint64_t{0}), 100).records, 0u);
  EXPECT_EQ(node.engine().CountLog(*table->stream, ShardNumber(9), {}, 1).error().reason(), reason::kStreamNotFound);
  node.clock().Advance(std::chrono::hours(25));
  ASSERT_TRUE(node.engine().Maintain().ok());
  EXPECT_EQ(count({}, 100).records, 0u) << "what was trimmed is not counted";
}

TEST(Log, BehindTheLastPossibleNumberThereIsNothing) {
  TestNode node;
  const auto table = node.CreateTable("orders");
  ASSERT_TRUE(Write(node.engine(), Put(table, Numbered(1))).ok());
  const auto page = node.engine().ReadLog(*table->stream, ShardNumber(0), {.after = SequenceNumber(~std::uint64_t{0})});
  ASSERT_TRUE(page.ok());
  EXPECT_TRUE(page->records.empty());
  EXPECT_TRUE(page->at_end);
}

TEST(Log, UnknownLogsAndShardsAreNotFound) {
  TestNode node;
  const auto table = node.CreateTable("orders");
  EXPECT_EQ(node.engine().ReadLog(LogId(99), ShardNumber(0), {}).error().reason(), reason::kStreamNotFound);
  EXPECT_EQ(node.engine().ReadLog(*table->stream, ShardNumber(9), {}).error().reason(), reason::kStreamNotFound);
  EXPECT_EQ(node.engine().RollShards(LogId(99), Engine::Roll::kSplit).error().reason(), reason::kStreamNotFound);
}

// Readers follow while writers write and shards roll: each sees all numbers of a key in order.
TEST(Log, ReadersSeeEverythingInOrderWhileItIsWritten) {
  constexpr int kWriters = 4, kEach = 150;
  TestNode node;
  const auto table = node.CreateTable("orders", testing::StringKey(), View::kNewAndOldImages, 2);
  std::latch start(kWriters + 1);
  std::atomic<int> running{kWriters};
  std::vector<std::jthread> threads;
  for (int writer = 0; writer < kWriters; ++writer)
    threads.emplace_back([&, writer] {
      start.arrive_and_wait();
      for (int i = 0; i < kEach; ++i) {
        EXPECT_TRUE(Write(node.engine(), Put(table, MakeItem({{"pk", S(std::to_string(writer))}, {"i", N(i)}}))).ok());
        if (writer == 0 && i % 40 == 20) {
          EXPECT_TRUE(
              node.engine().RollShards(*table->stream, i == 60 ? Engine::Roll::kSplit : Engine::Roll::kContinue).ok());
        }
      }
      --running;
    });
  start.arrive_and_wait();
  StreamCopy copy;
  while (running.load() > 0) ASSERT_TRUE(copy.Follow(node.engine(), *table->stream).ok());
  const Status last = copy.Follow(node.engine(), *table->stream);
  ASSERT_TRUE(last.ok()) << last.error().message();
  EXPECT_EQ(copy.changes(), static_cast<std::uint64_t>(kWriters * kEach));
  std::string first;
  EXPECT_EQ(*copy.Differences(node.engine(), *table, &first), 0u) << first;
}

TEST(Log, ATrimIsToldToReadersBehindIt) {
  TestNode node;
  const auto table = node.CreateTable("orders");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Write(node.engine(), Put(table, Numbered(i))).ok());
  const SequenceNumber fifth = node.engine().committed(), third(fifth.value() - 2);
  node.clock().Advance(std::chrono::hours(1));
  for (int i = 5; i < 8; ++i) ASSERT_TRUE(Write(node.engine(), Put(table, Numbered(i))).ok());
  node.clock().Advance(std::chrono::hours(23));
  ASSERT_TRUE(node.engine().Maintain().ok());
  const auto stream = node.StreamOf("orders");
  EXPECT_EQ(stream->shards[0].trimmed, fifth);
  for (const SequenceNumber behind : {SequenceNumber(0), third, SequenceNumber(fifth.value() - 1)}) {
    const auto page = node.engine().ReadLog(stream->id, ShardNumber(0), {.after = behind});
    ASSERT_FALSE(page.ok());
    EXPECT_EQ(page.error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_EQ(page.error().reason(), reason::kTrimmed);
  }
  EXPECT_EQ(node.engine().ReadLog(stream->id, ShardNumber(0), {.after = fifth})->records.size(), 3u);
  node.Restart();
  EXPECT_EQ(node.StreamOf("orders")->shards[0].trimmed, fifth);
  EXPECT_FALSE(node.engine().ReadLog(stream->id, ShardNumber(0), {.after = third}).ok());
}

TEST(Log, WhatAReaderHasYetToReadIsKeptForAWeekMore) {
  TestNode node;
  const auto table = node.CreateTable("orders");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Write(node.engine(), Put(table, Numbered(i))).ok());
  const SequenceNumber third(node.engine().committed().value() - 2);
  const auto stream = node.StreamOf("orders");
  const std::string shard = stream->shards[0].id;
  const auto trimmed = [&] { return node.StreamOf("orders")->shards[0].trimmed; };
  node.clock().Advance(std::chrono::hours(25));
  ASSERT_TRUE(node.engine().Maintain({{stream->id, {}}}).ok());
  EXPECT_LT(trimmed(), third) << "nothing of that shard was read";
  ASSERT_TRUE(node.engine().Maintain({{stream->id, {{shard, third}}}}).ok());
  EXPECT_EQ(trimmed(), third);
  node.clock().Advance(std::chrono::hours(7 * 24 - 2));
  ASSERT_TRUE(node.engine().Maintain({{stream->id, {{shard, third}}}}).ok());
  EXPECT_EQ(trimmed(), third);
  node.clock().Advance(std::chrono::hours(2));
  ASSERT_TRUE(node.engine().Maintain({{stream->id, {{shard, third}}}}).ok());
  EXPECT_EQ(node.StreamOf("orders")->FindShard(shard), nullptr) << "no longer than that";
}

TEST(Log, ALongTrimGoesStepByStep) {
  TestNode node;
  const auto bus = *node.engine().CreateBus(kScope, "default", std::chrono::hours(1));
  AppendRequest request{.log = bus->id, .events = {}, .state = {}};
  request.events.resize(2'500, {.hash = 0, .value = "{}"});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(Append(node.engine(), request).ok());
  node.clock().Advance(std::chrono::hours(1));
  ASSERT_TRUE(Append(node.engine(), {.log = bus->id, .events = {{.hash = 0, .value = "young"}}, .state = {}}).ok());
  ASSERT_TRUE(node.engine().Maintain().ok());
  std::size_t rows = 0;
  const auto log = node.store().NewIterator(store::Space::kLog, {});
  for (log->SeekToFirst(); log->Valid(); log->Next()) ++rows;
  EXPECT_EQ(rows, 1u);
}

// A store that runs a hook after each write has become visible, before the engine hears of it.
class HookStore final : public store::Store {
 public:
  std::unique_ptr<store::Batch> NewBatch() override { return inner_.NewBatch(); }
  Status Write(store::Batch& batch, store::Durability durability) override {
    TRY(inner_.Write(batch, durability));
    if (hook_) hook_();
    return Ok();
  }
  Status Sync() override { return Ok(); }
  Result<bool> Get(store::Space space, std::string_view key, std::string* value,
                   const store::Snapshot* snapshot) const override {
    return inner_.Get(space, key, value, snapshot);
  }
  std::unique_ptr<store::Snapshot> NewSnapshot() const override { return inner_.NewSnapshot(); }
  std::unique_ptr<store::Iterator> NewIterator(store::Space space, store::IterateOptions options) const override {
    return inner_.NewIterator(space, std::move(options));
  }
  Status Health() const override { return Ok(); }
  void SetHook(std::function<void()> hook) { hook_ = std::move(hook); }

 private:
  store::MemoryStore inner_;
  std::function<void()> hook_;
};

TEST(Log, AReaderThatMeetsATrimHalfwayIsToldOrSeesEverything) {
  auto made = std::make_unique<HookStore>();
  HookStore& hooks = *made;
  TestNode node({}, std::move(made));
  const auto table = node.CreateTable("orders");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Write(node.engine(), Put(table, Numbered(i))).ok());
  node.clock().Advance(std::chrono::hours(24));
  int met = 0;
  hooks.SetHook([&] {
    const auto page = node.engine().ReadLog(*table->stream, ShardNumber(0), {.after = {}});
    EXPECT_TRUE(page.ok() ? page->records.size() == 5 : page.error().reason() == reason::kTrimmed);
    ++met;
  });
  ASSERT_TRUE(node.engine().Maintain().ok());
  hooks.SetHook(nullptr);
  EXPECT_GE(met, 2);
  EXPECT_FALSE(node.engine().ReadLog(*table->stream, ShardNumber(0), {.after = {}}).ok());
}

TEST(Stream, IsSwitchedOffAndOnWithANewNameAndHistory) {
  TestNode node;
  const auto table = node.CreateTable("orders", testing::StringKey(), std::nullopt);
  ASSERT_TRUE(Write(node.engine(), Put(table, Numbered(1))).ok());
  EXPECT_EQ(node.engine().DisableStream(table->id).error().reason(), reason::kStreamState);
  const auto on = *node.engine().EnableStream(table->id, View::kNewImage);
  EXPECT_EQ(node.engine().EnableStream(table->id, View::kNewImage).error().reason(), reason::kStreamState);
  EXPECT_EQ(node.engine().EnableStream(table->id, View::kKeysOnly).error().reason(), reason::kStreamState);
  // A request that was made before the stream was there is recorded too: what counts is when it executes.
  ASSERT_TRUE(Write(node.engine(), Put(table, Numbered(2))).ok());
  const auto off = *node.engine().DisableStream(table->id);
  EXPECT_EQ(off->stream, std::nullopt);
  EXPECT_EQ(off->latest_stream, on->stream);
  ASSERT_TRUE(Write(node.engine(), Put(on, Numbered(3))).ok());
  const auto again = *node.engine().EnableStream(table->id, View::kKeysOnly);
  ASSERT_TRUE(Write(node.engine(), Put(off, Numbered(4))).ok());

  EXPECT_NE(again->stream, on->stream);
  const auto first = node.engine().catalogue()->FindLog(*on->stream);
  const auto second = node.engine().catalogue()->FindLog(*again->stream);
  EXPECT_NE(first->arn, second->arn);  // although no time passed
  EXPECT_FALSE(first->enabled());
  EXPECT_FALSE(first->shards[0].open());
  const auto before = *ReadStream(node.engine(), first->id), after = *ReadStream(node.engine(), second->id);
  ASSERT_EQ(before.size(), 1u);
  EXPECT_EQ(NumberOf(before[0]), 2);
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0].new_image, std::nullopt);
  EXPECT_EQ(node.engine().RollShards(first->id, Engine::Roll::kContinue).error().reason(), reason::kStreamState);
}

TEST(Stream, OfADeletedTableIsForgottenADayLater) {
  TestNode node;
  const auto table = node.CreateTable("orders");
  ASSERT_TRUE(Write(node.engine(), Put(table, Numbered(1))).ok());
  ASSERT_TRUE(node.engine().DeleteTable(table->id).ok());
  EXPECT_EQ(node.engine().DeleteTable(table->id).error().reason(), reason::kTableNotFound);
  node.clock().Advance(std::chrono::hours(24) - std::chrono::milliseconds(1));
  ASSERT_TRUE(node.engine().Maintain().ok());
  EXPECT_EQ(ReadStream(node.engine(), *table->stream)->size(), 1u);
  node.clock().Advance(std::chrono::milliseconds(1));
  ASSERT_TRUE(node.engine().Maintain().ok());
  EXPECT_EQ(node.engine().catalogue()->FindLog(*table->stream), nullptr);
  const auto rows = node.store().NewIterator(store::Space::kLog, {});
  rows->SeekToFirst();
  EXPECT_FALSE(rows->Valid());
  node.Restart();
  EXPECT_EQ(node.engine().catalogue()->FindLog(*table->stream), nullptr);
}

TEST(Stream, OfASwitchedOffTableLeavesItsNameWhenItIsForgotten) {
  TestNode node;
  const auto table = node.CreateTable("orders");
  ASSERT_TRUE(node.engine().DisableStream(table->id).ok());
  EXPECT_TRUE(node.FindTable("orders")->latest_stream.has_value());
  node.clock().Advance(std::chrono::hours(24));
  ASSERT_TRUE(node.engine().Maintain().ok());
  EXPECT_FALSE(node.FindTable("orders")->latest_stream.has_value());
}

TEST(Table, NamesAreTakenWithinTheirScopeUntilDeleted) {
  TestNode node;
  const auto table = node.CreateTable("orders");
  CreateTableRequest request = OrdersRequest();
  EXPECT_EQ(node.engine().CreateTable(request).error().reason(), reason::kTableExists);
  request.scope.region = "eu-west-1";
  EXPECT_TRUE(node.engine().CreateTable(request).ok());
  ASSERT_TRUE(Write(node.engine(), Put(table, Numbered(1))).ok());
  ASSERT_TRUE(node.engine().DeleteTable(table->id).ok());
  const auto again = node.CreateTable("orders");
  EXPECT_NE(again->id, table->id);
  EXPECT_NE(again->uuid, table->uuid);
  EXPECT_EQ(again->counters->items.load(), 0);
  EXPECT_EQ(*node.engine().Get(*again, MUST(model::KeyOfItem(again->schema, Numbered(1)))), std::nullopt);
  // Neither can anybody write to the old one.
  EXPECT_EQ(Write(node.engine(), Put(table, Numbered(1))).error().reason(), reason::kTableNotFound);
}

TEST(Table, ThatIsProtectedIsNotDeleted) {
  TestNode node;
  CreateTableRequest request = OrdersRequest();
  request.deletion_protection = true;
  const auto table = *node.engine().CreateTable(request);
  EXPECT_EQ(node.engine().DeleteTable(table->id).error().reason(), reason::kDeletionProtected);
  EXPECT_TRUE(Write(node.engine(), Put(table, Numbered(1))).ok());
}

TEST(Table, MayBeDeletedWhileItIsWritten) {
  constexpr int kWriters = 8;
  for (int round = 0; round < 8; ++round) {
    TestNode node;
    const auto table = node.CreateTable("orders"), other = node.CreateTable("other");
    std::latch start(kWriters + 1);
    std::atomic<int> acknowledged{0};
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < kWriters; ++writer)
      threads.emplace_back([&, writer] {
        start.arrive_and_wait();
        for (int i = 0;; ++i) {
          const auto item = MakeItem({{"pk", S(fmt::format("{}-{}", writer, i))}, {"i", N(i)}});
          const auto written = Write(node.engine(), Put(table, item));
          if (!written.ok()) {
            EXPECT_EQ(written.error().reason(), reason::kTableNotFound);
            return;
          }
          ++acknowledged;
          EXPECT_TRUE(Write(node.engine(), Put(other, item)).ok());
        }
      });
    start.arrive_and_wait();
    while (acknowledged.load() < 20 * (round + 1)) std::this_thread::yield();
    ASSERT_TRUE(node.engine().DeleteTable(table->id).ok());
    threads.clear();
    // Its stream has what was acknowledged, the table nothing, and the other table is whole.
    EXPECT_EQ(ReadStream(node.engine(), *table->stream)->size(), static_cast<std::size_t>(acknowledged.load()));
    int items = 0;
    ASSERT_TRUE(node.engine()
                    .VisitItems(*table, SegmentRange(*table, 0, 1), Engine::Direction::kForward,
                                [&](std::string_view, std::string_view) { return ++items, true; })
                    .ok());
    EXPECT_EQ(items, 0);
    StreamCopy copy;
    ASSERT_TRUE(copy.Follow(node.engine(), *other->stream).ok());
    std::string first;
    EXPECT_EQ(*copy.Differences(node.engine(), *other, &first), 0u) << first;
    EXPECT_EQ(node.FindTable("other")->counters->items.load(), static_cast<std::int64_t>(copy.items().size()));
    node.Restart();
    EXPECT_EQ(node.FindTable("orders"), nullptr);
  }
}

TEST(Table, SegmentsTogetherHaveEachItemOnce) {
  TestNode node;
  const auto table = node.CreateTable("orders", testing::StringAndNumberKey());
  std::set<std::string> expected;
  for (int i = 0; i < 300; ++i) {
    const auto item = MakeItem({{"pk", S(std::to_string(i / 3))}, {"sk", N(i % 3)}});
    ASSERT_TRUE(Write(node.engine(), Put(table, item)).ok());
    expected.insert(MUST(model::KeyOfItem(table->schema, item)).bytes());
  }
  for (const std::uint32_t total : {1u, 2u, 7u, 1000u}) {
    std::set<std::string> seen;
    for (std::uint32_t segment = 0; segment < total; ++segment)
      ASSERT_TRUE(node.engine()
                      .VisitItems(*table, SegmentRange(*table, segment, total), Engine::Direction::kForward,
                                  [&](std::string_view key, std::string_view) {
                                    EXPECT_TRUE(seen.emplace(key).second);
                                    return true;
                                  })
                      .ok());
    EXPECT_EQ(seen, expected);
  }
}

TEST(Table, APartitionIsVisitedInTheOrderOfItsSortKeyBothWays) {
  TestNode node;
  const auto table = node.CreateTable("orders", testing::StringAndNumberKey());
  for (const std::string_view partition : {"a", "b"})
    for (const int sort : {-10, 3, 200, -2, 0, 40})
      ASSERT_TRUE(Write(node.engine(), Put(table, MakeItem({{"pk", S(partition)}, {"sk", N(sort)}}))).ok());
  const auto key = MUST(model::KeyOfItem(table->schema, MakeItem({{"pk", S("a")}, {"sk", N(0)}})));
  const auto visit = [&](Engine::Direction direction, std::size_t limit) {
    std::vector<std::string> sorts;
    EXPECT_TRUE(node.engine()
                    .VisitItems(*table, PartitionRange(*table, key.partition_prefix()), direction,
                                [&](std::string_view, std::string_view value) {
                                  const auto item = MUST(model::DecodeItem(value));
                                  EXPECT_EQ(*item.Find("pk")->s(), "a");
                                  sorts.push_back(item.Find("sk")->n()->ToString());
                                  return sorts.size() < limit;
                                })
                    .ok());
    return sorts;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(visit(Engine::Direction::kForward, 99), (Texts{"-10", "-2", "0", "3", "40", "200"}));
  EXPECT_EQ(visit(Engine::Direction::kBackward, 99), (Texts{"200", "40", "3", "0", "-2", "-10"}));
  EXPECT_EQ(visit(Engine::Direction::kBackward, 2), (Texts{"200", "40"}));
}

TEST(Bus, KeepsEventsAndTheCheckpointThatCameWithThem) {
  TestNode node;
  const auto bus = *node.engine().CreateBus(kScope, "default", std::chrono::hours(24));
  AppendRequest request{
      .log = bus->id, .events = {{.hash = 1, .value = "one"}, {.hash = 2, .value = "two"}}, .state = {}};
  request.state.push_back({"p/pipe", "7"});
  const auto last = Append(node.engine(), std::move(request));
  ASSERT_TRUE(last.ok());
  EXPECT_EQ(*last, node.engine().committed());
  node.Restart();
  EXPECT_EQ(*node.engine().ReadState("p/pipe"), "7");
  const auto page = node.engine().ReadLog(bus->id, ShardNumber(0), {.after = bus->shards[0].trimmed});
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->records.size(), 2u);
  EXPECT_EQ(DecodeEvent(page->records[1])->value, "two");
  // The same bus again, with another retention; events stay.
  const auto same = *node.engine().CreateBus(kScope, "default", std::chrono::hours(1));
  EXPECT_EQ(same->id, bus->id);
  EXPECT_EQ(same->retention_ms, 3'600'000);
  EXPECT_EQ(Append(node.engine(), {.log = LogId(99), .events = {}, .state = {}}).error().reason(),
            reason::kStreamNotFound);
}

TEST(Bus, IsGoneWithItsEventsWhenItIsDeleted) {
  TestNode node;
  const auto bus = *node.engine().CreateBus(kScope, "crm", std::chrono::hours(24));
  const auto other = *node.engine().CreateBus(kScope, "other", std::chrono::hours(24));
  ASSERT_TRUE(Append(node.engine(), {.log = bus->id, .events = {{.hash = 1, .value = "one"}}, .state = {}}).ok());
  ASSERT_TRUE(node.engine().DeleteBus(bus->id).ok());
  EXPECT_EQ(node.engine().DeleteBus(bus->id).error().reason(), reason::kStreamNotFound);
  const auto append = [&] {
    return Append(node.engine(), {.log = bus->id, .events = {{.value = "two"}}, .state = {}});
  };
  EXPECT_EQ(append().error().reason(), reason::kStreamNotFound);
  EXPECT_FALSE(node.engine().ReadLog(bus->id, ShardNumber(0), {.after = bus->shards[0].trimmed}).ok());
  node.Restart();
  EXPECT_EQ(append().error().reason(), reason::kStreamNotFound);
  EXPECT_NE(node.engine().catalogue()->FindLog(other->id), nullptr);
  // One of the same name is another bus.
  const auto again = *node.engine().CreateBus(kScope, "crm", std::chrono::hours(24));
  EXPECT_NE(again->id, bus->id);
  EXPECT_TRUE(node.engine().ReadLog(again->id, ShardNumber(0), {.after = again->shards[0].trimmed})->records.empty());
  const auto table = node.CreateTable("orders");
  EXPECT_EQ(node.engine().DeleteBus(*table->stream).error().reason(), reason::kStreamNotFound);
}

TEST(Listeners, HearOfWritesToTheirLogOnlyAndNotAfterRemoval) {
  TestNode node;
  const auto table = node.CreateTable("orders"), other = node.CreateTable("other");
  std::atomic<int> heard{0};
  const std::uint64_t id = node.engine().AddListener(*table->stream, [&] { ++heard; });
  ASSERT_TRUE(Write(node.engine(), Put(other, Numbered(1))).ok());
  EXPECT_EQ(heard.load(), 0);
  // Called before the write is acknowledged, when the record can be read.
  ASSERT_TRUE(Write(node.engine(), Put(table, Numbered(1))).ok());
  EXPECT_EQ(heard.load(), 1);
  ASSERT_TRUE(Write(node.engine(), Put(table, Numbered(1))).ok());  // changes nothing
  EXPECT_EQ(heard.load(), 1);
  ASSERT_TRUE(node.engine().RollShards(*table->stream, Engine::Roll::kContinue).ok());
  EXPECT_EQ(heard.load(), 2);
  node.engine().RemoveListener(id);
  node.engine().RemoveListener(id);
  ASSERT_TRUE(Write(node.engine(), Put(table, Numbered(2))).ok());
  EXPECT_EQ(heard.load(), 2);
}

TEST(Listeners, FindTheRecordThatTheyAreToldOf) {
  TestNode node;
  const auto table = node.CreateTable("orders");
  std::vector<std::size_t> sizes;
  const std::uint64_t id = node.engine().AddListener(*table->stream, [&] {
    sizes.push_back(node.engine().ReadLog(*table->stream, ShardNumber(0), {.after = {}})->records.size());
  });
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Write(node.engine(), Put(table, Numbered(i))).ok());
  node.engine().RemoveListener(id);
  EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 2, 3, 4, 5}));
}

TEST(Listeners, MayComeAndGoWhileWritesGoOn) {
  TestNode node;
  const auto table = node.CreateTable("orders");
  std::atomic<bool> stop{false};
  std::jthread writer([&] {
    for (int i = 0; !stop.load(); ++i) EXPECT_TRUE(Write(node.engine(), Put(table, Numbered(i))).ok());
  });
  for (int i = 0; i < 300; ++i) {
    // What the listener uses is gone right after its removal: a late call would be seen by the sanitizers.
    auto count = std::make_unique<std::atomic<int>>(0);
    const std::uint64_t id = node.engine().AddListener(*table->stream, [&counter = *count] { ++counter; });
    node.engine().RemoveListener(id);
  }
  stop = true;
}

}  // namespace
}  // namespace millrace::engine
