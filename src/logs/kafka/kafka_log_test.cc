// Proves that a topic is a log: read from any position, again with the same ids; where starts begin; that records are
// restored; and what is said of a cluster that is away.
#include "logs/kafka/kafka_log.h"

#include <gtest/gtest.h>

#include <condition_variable>

#include "base/check.h"
#include "kafka/mock_cluster.h"
#include "kafka/producer.h"

namespace millrace::logs {
namespace {

class KafkaLogTest : public ::testing::Test {
 protected:
  kafka::ClientOptions Client() { return {.name = "target/t", .servers = cluster_.servers()}; }

  void Send(int partition, const std::string& key, const std::string& value) {
    kafka::Message message{.topic = "orders",
                           .key = key,
                           .value = value,
                           .headers = {},
                           .partition = static_cast<std::int32_t>(partition)};
    std::mutex mutex;
    std::condition_variable ready;
    bool answered = false;
    producer_->Send(std::span(&message, 1), [&](std::vector<kafka::Delivery> deliveries) {
      EXPECT_EQ(deliveries[0].outcome, kafka::Delivery::Outcome::kStored);
      std::lock_guard lock(mutex);
      answered = true;
      ready.notify_one();
    });
    std::unique_lock lock(mutex);
    ready.wait(lock, [&] { return answered; });
  }

  // Reads on whenever the log says that there is more, until there are so many.
  std::vector<flow::Record> Read(KafkaLog& log, flow::Position& position, std::size_t count) {
    std::mutex mutex;
    std::condition_variable woken;
    std::uint64_t wakes = 0;
    const std::uint64_t watch = log.Watch([&] {
      std::lock_guard lock(mutex);
      ++wakes;
      woken.notify_one();
    });
    std::vector<flow::Record> records;
    while (true) {
      std::unique_lock lock(mutex);
      const std::uint64_t seen = wakes;
      lock.unlock();
      auto batch = MUST(log.Read(position, {.records_max = 3}));
      for (flow::Record& record : batch.records) records.push_back(std::move(record));
      position = std::move(batch.next);
      if (records.size() >= count) break;
      lock.lock();
      if (batch.at_end) woken.wait(lock, [&] { return wakes != seen; });
    }
    log.Unwatch(watch);
    return records;
  }
  static std::map<std::string, std::vector<std::string>> Offsets(const std::vector<flow::Record>& records) {
    std::map<std::string, std::vector<std::string>> offsets;
    for (const flow::Record& record : records) offsets[record.shard].push_back(record.offset);
    return offsets;
  }

  kafka::MockCluster cluster_{"orders", 2};
  std::unique_ptr<kafka::Producer> producer_ =
      MUST(kafka::Producer::Create({.client = {.name = "target/t", .servers = cluster_.servers()}}));
};

TEST_F(KafkaLogTest, IsReadFromAnyPositionAndAgainWithTheSameIds) {
  for (int i = 0; i < 5; ++i) Send(0, "a", std::to_string(i));
  for (int i = 0; i < 3; ++i) Send(1, "b", std::to_string(i));
  auto log = MUST(KafkaLog::Open(Client(), "orders"));
  EXPECT_EQ(log->name(), "kafka/orders");
  flow::Position position = MUST(log->Resolve(flow::Start::TrimHorizon()));
  const auto all = Read(*log, position, 8);
  using Shards = std::map<std::string, std::vector<std::string>>;
  EXPECT_EQ(Offsets(all), (Shards{{"0", {"0", "1", "2", "3", "4"}}, {"1", {"0", "1", "2"}}}));
  EXPECT_EQ(*position.Find("0"), "4");

  flow::Position middle;
  middle.Set("0", "2");
  middle.Set("1", "2");
  const auto some = Read(*log, middle, 2);
  EXPECT_EQ(Offsets(some), (Shards{{"0", {"3", "4"}}}));
  EXPECT_EQ(middle, position);
  for (const flow::Record& record : some)
    EXPECT_EQ(std::ranges::count_if(all, [&](const flow::Record& other) { return other.id == record.id; }), 1);
  EXPECT_EQ(some[0].order_key, "ka");

  Send(1, "b", "later");
  const auto later = Read(*log, position, 1);
  EXPECT_EQ(Offsets(later), (Shards{{"1", {"3"}}}));
  flow::Position behind;
  behind.Set("0", "3");
  behind.Set("1", "3");
  EXPECT_EQ(MUST(log->Lag(behind, 100)).records, 1u);
}

TEST_F(KafkaLogTest, StartsBeginWhereTheySay) {
  for (int i = 0; i < 4; ++i) Send(0, "a", std::to_string(i));
  auto log = MUST(KafkaLog::Open(Client(), "orders"));
  flow::Position latest = MUST(log->Resolve(flow::Start::Latest()));
  EXPECT_EQ(*latest.Find("0"), "3");
  EXPECT_EQ(latest.Find("1"), nullptr) << "nothing is there yet: all that comes is new";
  flow::Position second = MUST(log->Resolve(flow::Start::AtOffset("2")));
  EXPECT_EQ(*second.Find("0"), "1");
  EXPECT_FALSE(log->Resolve(flow::Start::AtOffset("x")).ok());
  Send(1, "b", "new");
  EXPECT_EQ(Read(*log, latest, 1)[0].shard, "1");
}

TEST_F(KafkaLogTest, WhatWasKeptElsewhereIsRestored) {
  Send(0, "a", "{}");
  auto log = MUST(KafkaLog::Open(Client(), "orders"));
  flow::Position position;
  const flow::Record read = Read(*log, position, 1)[0];
  flow::Record kept;
  kept.shard = read.shard;
  kept.offset = read.offset;
  kept.id = read.id;
  kept.body = read.body;
  EXPECT_TRUE(log->Restore(kept).ok());
  EXPECT_EQ(kept.order_key, read.order_key);
  kept.body = "{}";
  EXPECT_EQ(log->Restore(kept).error().code(), ErrorCode::kCorruption);
}

TEST_F(KafkaLogTest, APositionThatIsNoneIsRefused) {
  auto log = MUST(KafkaLog::Open(Client(), "orders"));
  flow::Position position;
  position.Set("shard-1", "7");
  EXPECT_EQ(log->Read(position, {}).error().code(), ErrorCode::kCorruption);
}

TEST_F(KafkaLogTest, AClusterThatIsAwayIsUnavailable) {
  cluster_.Down();
  auto log = MUST(KafkaLog::Open(Client(), "orders"));
  const auto latest = log->Resolve(flow::Start::Latest());
  ASSERT_FALSE(latest.ok());
  EXPECT_EQ(latest.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(latest.error().message().find("topic orders at 127.0.0.1"), std::string::npos) << latest.error().message();
}

}  // namespace
}  // namespace millrace::logs
