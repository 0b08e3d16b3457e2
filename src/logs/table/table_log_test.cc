// TableLog: every change once, in order per item, across shards that close and have children; "latest" means now.
#include "logs/table/table_log.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "base/check.h"
#include "model/codec.h"
#include "store/memory_store.h"

namespace millrace::logs {
namespace {

using engine::Engine;

class TableLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    engine_ = MUST(Engine::Open({}, store_, clock_, random_));
    engine::CreateTableRequest request;
    request.scope = {"000000000000", "us-east-1"};
    request.name = "users";
    request.schema.partition = {"id", model::AttributeType::kS};
    request.stream_shards = 4;
    request.stream = model::StreamViewType::kNewAndOldImages;
    table_ = MUST(engine_->CreateTable(request));
    stream_ = engine_->catalogue()->FindLog(*table_->stream);
    log_ = std::make_unique<TableLog>(*engine_, *stream_);
  }

  void Put(const std::string& id, int version) {
    model::Item item;
    item.Set("id", model::AttributeValue(id));
    item.Set("v", model::AttributeValue(model::Number(version)));
    engine::ItemAction action;
    action.table = table_;
    action.key = MUST(model::KeyOfItem(table_->schema, item));
    action.put = model::StoreItem(item);
    engine::ItemWriteRequest request;
    request.actions.push_back(std::move(action));
    std::mutex mutex;
    std::condition_variable ready;
    bool done = false;
    engine_->Write(std::move(request), [&](Result<engine::WriteResult> result) {
      EXPECT_TRUE(result.ok());
      std::lock_guard lock(mutex);
      done = true;
      ready.notify_one();
    });
    std::unique_lock lock(mutex);
    ready.wait(lock, [&] { return done; });
  }

  // Reads to the end in small steps; returns the versions seen of each item, in order.
  std::map<std::string, std::vector<int>> Drain(flow::Position& position, std::size_t step) {
    std::map<std::string, std::vector<int>> seen;
    for (bool end = false; !end;) {
      auto batch = MUST(log_->Read(position, {.records_max = step}));
      for (const flow::Record& record : batch.records) {
        const model::Item& item = *record.change->new_image;
        seen[*item.Find("id")->s()].push_back(std::stoi(item.Find("v")->n()->ToString()));
        EXPECT_TRUE(ids_.insert(record.id).second) << "an id is given once";
      }
      position = batch.next;
      end = batch.at_end;
    }
    return seen;
  }

  store::MemoryStore store_;
  ManualClock clock_;
  SeededRandom random_{11};
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<const engine::Table> table_;
  std::shared_ptr<const engine::Log> stream_;
  std::unique_ptr<TableLog> log_;
  std::set<std::string> ids_;
};

TEST_F(TableLogTest, ReadsEveryChangeInOrderPerItemWhileShardsSplitAndRoll) {
  flow::Position position = MUST(log_->Resolve(flow::Start::TrimHorizon()));
  std::map<std::string, std::vector<int>> expected, seen;
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 30; ++i) {
      const std::string id = fmt::format("u{}", i % 13);
      expected[id].push_back(round * 100 + i);
      Put(id, round * 100 + i);
    }
    if (round % 3 == 0) {
      ASSERT_TRUE(engine_->RollShards(stream_->id, Engine::Roll::kSplit).ok());
    }
    if (round % 3 == 1) {
      ASSERT_TRUE(engine_->RollShards(stream_->id, Engine::Roll::kContinue).ok());
    }
    if (round % 2 == 0) {
      for (auto& [id, versions] : Drain(position, 7)) seen[id].insert(seen[id].end(), versions.begin(), versions.end());
    }
  }
  for (auto& [id, versions] : Drain(position, 5)) seen[id].insert(seen[id].end(), versions.begin(), versions.end());
  EXPECT_EQ(seen, expected);
}

TEST_F(TableLogTest, LagCountsAllShardsAlsoThoseThatCannotBeReadYet) {
  const flow::Position begin = MUST(log_->Resolve(flow::Start::TrimHorizon()));
  const std::int64_t first = clock_.NowMillis();
  for (int i = 0; i < 30; ++i) {
    Put(fmt::format("u{}", i), i);
    clock_.Advance(std::chrono::milliseconds(1));
    if (i == 10) {
      ASSERT_TRUE(engine_->RollShards(stream_->id, Engine::Roll::kSplit).ok());
    }
  }
  flow::LogLag lag = MUST(log_->Lag(begin, 1000));
  EXPECT_EQ(lag.records, 30u);
  EXPECT_FALSE(lag.more);
  EXPECT_EQ(lag.oldest_ms, first);
  lag = MUST(log_->Lag(begin, 12));
  EXPECT_EQ(lag.records, 12u);
  EXPECT_TRUE(lag.more);
  EXPECT_FALSE(MUST(log_->Lag(begin, 30)).more);
  flow::Position position = begin;
  for (std::uint64_t read = 0; read < 30;) {
    const auto batch = MUST(log_->Read(position, {.records_max = 4}));
    position = batch.next;
    read += batch.records.size();
    EXPECT_EQ(MUST(log_->Lag(position, 1000)).records, 30 - read);
    // Counted and read it is the same.
    EXPECT_EQ(MUST(log_->flow::Log::Lag(position, 1000)).records, 30 - read);
  }
  EXPECT_EQ(MUST(log_->Lag(position, 1000)).oldest_ms, 0);
}

TEST_F(TableLogTest, LatestIsWhatIsWrittenAfterwards) {
  Put("u1", 1);
  ASSERT_TRUE(engine_->RollShards(stream_->id, Engine::Roll::kSplit).ok());
  flow::Position position = MUST(log_->Resolve(flow::Start::Latest()));
  EXPECT_TRUE(Drain(position, 10).empty());
  Put("u1", 2);
  Put("u2", 3);
  const auto seen = Drain(position, 10);
  EXPECT_EQ(seen.at("u1"), std::vector<int>{2});
  EXPECT_EQ(seen.at("u2"), std::vector<int>{3});
}

TEST_F(TableLogTest, ATrimmedPositionIsAnErrorAndNeverASilentGap) {
  flow::Position position = MUST(log_->Resolve(flow::Start::TrimHorizon()));
  Put("u1", 1);
  Drain(position, 10);
  Put("u1", 2);
  clock_.Advance(std::chrono::hours(25));
  ASSERT_TRUE(engine_->Maintain().ok());
  const auto batch = log_->Read(position, {});
  ASSERT_FALSE(batch.ok());
  EXPECT_EQ(batch.error().reason(), engine::reason::kTrimmed);
  // A new reader begins at what there is.
  flow::Position fresh = MUST(log_->Resolve(flow::Start::TrimHorizon()));
  EXPECT_TRUE(Drain(fresh, 10).empty());
}

TEST_F(TableLogTest, APositionSurvivesTheEngine) {
  flow::Position position = MUST(log_->Resolve(flow::Start::TrimHorizon()));
  Put("u1", 1);
  Drain(position, 10);
  Put("u1", 2);
  log_.reset();
  engine_ = MUST(Engine::Open({}, store_, clock_, random_));
  stream_ = engine_->catalogue()->FindLogByArn(stream_->arn);
  ASSERT_NE(stream_, nullptr);
  log_ = std::make_unique<TableLog>(*engine_, *stream_);
  EXPECT_EQ(Drain(position, 10).at("u1"), std::vector<int>{2});
}

TEST_F(TableLogTest, BeginsAtATimeOrASequenceNumber) {
  std::vector<std::string> offsets;
  for (int version = 0; version < 20; ++version) {
    Put("u1", version);
    if (version == 12) {
      ASSERT_TRUE(engine_->RollShards(stream_->id, Engine::Roll::kSplit).ok());
    }
    clock_.Advance(std::chrono::minutes(1));
  }
  for (int ago = 0; ago <= 25; ++ago) {
    flow::Position position = MUST(log_->Resolve(flow::Start::AtTime(clock_.NowMillis() - ago * 60'000)));
    auto seen = Drain(position, 3)["u1"];
    ids_.clear();
    ASSERT_EQ(seen.size(), static_cast<std::size_t>(std::min(ago, 20))) << ago << " minutes ago";
    if (ago > 0) {
      EXPECT_EQ(seen.front(), std::max(0, 20 - ago));
    }
  }
  flow::Position all;
  const auto batch = MUST(log_->Read(all, {.records_max = 6}));
  flow::Position position = MUST(log_->Resolve(flow::Start::AtOffset(batch.records[4].offset)));
  EXPECT_EQ(Drain(position, 3)["u1"].front(), 4) << "that record is the first";
  EXPECT_EQ(log_->Resolve(flow::Start::AtOffset("seven")).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(TableLogTest, ARecordThatWasKeptElsewhereComesBackWhole) {
  Put("u1", 1);
  Put("u1", 2);
  auto batch = MUST(log_->Read({}, {}));
  ASSERT_EQ(batch.records.size(), 2u);
  flow::Record& record = batch.records[1];
  log_->Describe(record);
  EXPECT_NE(record.body.find(R"("eventID":")" + record.id), std::string::npos);
  EXPECT_NE(record.body.find(R"("awsRegion":"us-east-1")"), std::string::npos);
  const model::Change before = *record.change;
  record.change.reset();
  ASSERT_TRUE(log_->Restore(record).ok());
  EXPECT_EQ(record.change->kind, model::ChangeKind::kModify);
  EXPECT_EQ(record.change->sequence, before.sequence);
  EXPECT_EQ(record.change->time_ms, before.time_ms);
  EXPECT_EQ(*record.change->new_image, *before.new_image);
  EXPECT_EQ(*record.change->old_image, *before.old_image);
  record.body.resize(record.body.size() / 2);
  EXPECT_EQ(log_->Restore(record).error().code(), ErrorCode::kCorruption);
}

}  // namespace
}  // namespace millrace::logs
