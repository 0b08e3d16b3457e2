// Proves that the open shards of a log always cover every hash exactly once, through any sequence of rolls and splits,
// and that a child begins behind its parent's end.
#include "engine/shards.h"

#include <gtest/gtest.h>

#include <set>

namespace millrace::engine {
namespace {

// Every hash is in exactly one open shard.
void ExpectCovered(const Log& log) {
  std::vector<int> covered(65536, 0);
  for (const Shard& shard : log.shards)
    if (shard.open())
      for (int hash = shard.hash_low; hash <= shard.hash_high; ++hash) ++covered[static_cast<std::size_t>(hash)];
  EXPECT_EQ(std::ranges::count(covered, 1), 65536);
}

TEST(Shards, DivideTheHashesEvenly) {
  SeededRandom random(1);
  for (const std::uint32_t count : {1u, 2u, 3u, 7u, 64u, 1000u, kOpenShardsMax}) {
    Log log;
    log.shards = FirstShards(count, 1'700'000'000'000, SequenceNumber(5), random);
    ASSERT_EQ(log.shards.size(), count);
    ExpectCovered(log);
    std::uint32_t smallest = 65536, largest = 0;
    for (const Shard& shard : log.shards) {
      const std::uint32_t size = shard.hash_high - shard.hash_low + 1u;
      smallest = std::min(smallest, size);
      largest = std::max(largest, size);
      EXPECT_EQ(shard.start, SequenceNumber(5));
      EXPECT_EQ(shard.trimmed, SequenceNumber(4));
      EXPECT_TRUE(shard.parent_id.empty());
    }
    EXPECT_LE(largest - smallest, 1u);
  }
}

TEST(Shards, HaveIdsThatClientsAccept) {
  SeededRandom random(1);
  const Shard shard = MakeShard(ShardNumber(0), 1'700'000'000'000, SequenceNumber(1), random);
  EXPECT_TRUE(shard.id.starts_with("shardId-00000001700000000000-"));
  EXPECT_EQ(shard.id.size(), 37u);  // 28 to 65
}

TEST(Shards, RollIntoOneChildOfTheSameHashes) {
  SeededRandom random(1);
  Log log;
  log.shards = FirstShards(2, 1000, SequenceNumber(1), random);
  RollShards(log, 1, 2000, SequenceNumber(9), random, [](const Shard& shard) { return shard.number.value() == 1; });
  ASSERT_EQ(log.shards.size(), 3u);
  EXPECT_TRUE(log.shards[0].open());
  EXPECT_EQ(log.shards[1].end, SequenceNumber(9));
  EXPECT_EQ(log.shards[1].closed_ms, 2000);
  const Shard& child = log.shards[2];
  EXPECT_EQ(child.parent, log.shards[1].number);
  EXPECT_EQ(child.parent_id, log.shards[1].id);
  EXPECT_EQ(child.start, SequenceNumber(10));
  EXPECT_EQ(child.hash_low, log.shards[1].hash_low);
  EXPECT_EQ(child.hash_high, log.shards[1].hash_high);
  ExpectCovered(log);
}

TEST(Shards, CoverEveryHashAfterAnyRollsAndSplits) {
  constexpr std::uint64_t kSeed = 11;
  SCOPED_TRACE(kSeed);
  SeededRandom random(kSeed);
  Log log;
  log.shards = FirstShards(3, 0, SequenceNumber(1), random);
  std::uint64_t sequence = 1;
  for (int round = 0; round < 25; ++round) {
    const std::uint64_t draw = random.Next();
    RollShards(log, round % 2 == 0 ? 2 : 1, round, SequenceNumber(sequence += 3), random,
               [&](const Shard& shard) { return round % 5 == 0 || ((draw >> (shard.number.value() % 64)) & 1) != 0; });
    ExpectCovered(log);
    std::set<std::string> ids;
    for (std::size_t i = 0; i < log.shards.size(); ++i) {
      const Shard& shard = log.shards[i];
      EXPECT_EQ(shard.number, ShardNumber(static_cast<std::uint32_t>(i)));
      EXPECT_TRUE(ids.insert(shard.id).second);
      if (!shard.parent) continue;
      const Shard& parent = log.shards[shard.parent->value()];
      EXPECT_LT(parent.number, shard.number);
      EXPECT_GT(shard.start, *parent.end);
      EXPECT_GE(shard.hash_low, parent.hash_low);
      EXPECT_LE(shard.hash_high, parent.hash_high);
    }
  }
  const auto open = std::ranges::count_if(log.shards, &Shard::open);
  EXPECT_GT(open, 100);
  EXPECT_LE(open, kOpenShardsMax);
}

TEST(Shards, StopSplittingAtTheLimitAndAtOneHash) {
  SeededRandom random(1);
  Log log;
  log.shards = FirstShards(kOpenShardsMax - 1, 0, SequenceNumber(1), random);
  RollShards(log, 2, 1, SequenceNumber(2), random, [](const Shard&) { return true; });
  EXPECT_EQ(std::ranges::count_if(log.shards, &Shard::open), kOpenShardsMax);
  ExpectCovered(log);

  Log narrow;
  narrow.shards = FirstShards(1, 0, SequenceNumber(1), random);
  narrow.shards[0].hash_low = narrow.shards[0].hash_high = 77;
  RollShards(narrow, 2, 1, SequenceNumber(2), random, [](const Shard&) { return true; });
  ASSERT_EQ(narrow.shards.size(), 2u);
  EXPECT_EQ(narrow.shards[1].hash_low, 77);
  EXPECT_EQ(narrow.shards[1].hash_high, 77);
}

TEST(Shards, OfAClosedStreamAreAllClosed) {
  SeededRandom random(1);
  Log log;
  log.shards = FirstShards(3, 0, SequenceNumber(1), random);
  RollShards(log, 1, 5, SequenceNumber(4), random, [](const Shard& shard) { return shard.number.value() == 0; });
  CloseShards(log, 9, SequenceNumber(8));
  EXPECT_EQ(log.shards[0].end, SequenceNumber(4));  // was closed before
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(log.shards[i].end, SequenceNumber(8));
  EXPECT_EQ(std::ranges::count_if(log.shards, &Shard::open), 0);
}

TEST(StreamLabel, IsTheTimeInUtcWithMilliseconds) {
  EXPECT_EQ(StreamLabel(0), "1970-01-01T00:00:00.000");
  EXPECT_EQ(StreamLabel(1'769'862'896'789), "2026-01-31T12:34:56.789");
}

}  // namespace
}  // namespace millrace::engine
