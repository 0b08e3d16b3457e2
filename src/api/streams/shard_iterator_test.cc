// Proves that a shard iterator's token gives back what was put in, and that no other text passes for one.
#include "api/streams/shard_iterator.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "model/base64.h"

namespace millrace::api::streams {
namespace {

ShardIterator Sample() {
  return {.stream_arn = "arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/2026-01-31T12:34:56.789",
          .shard_id = "shardId-00000001700000000000-0123abcd",
          .after = engine::SequenceNumber(0xfedcba9876543210ull),
          .issued_ms = 1'700'000'000'123};
}

TEST(ShardIterator, ComesBackFromItsToken) {
  const std::string token = FormatShardIterator(Sample());
  EXPECT_TRUE(token.starts_with(Sample().stream_arn + "|1|"));
  EXPECT_LE(token.size(), kIteratorBytesMax);
  const auto parsed = ParseShardIterator(token);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(*parsed, Sample());
}

TEST(ShardIterator, OfTheLongestNamesFitsTheLimit) {
  ShardIterator iterator = Sample();
  iterator.stream_arn.assign(1024, 'a');
  iterator.shard_id.assign(65, 's');
  const std::string token = FormatShardIterator(iterator);
  EXPECT_LE(token.size(), kIteratorBytesMax);
  EXPECT_EQ(*ParseShardIterator(token), iterator);
}

TEST(ShardIterator, LivesFifteenMinutes) {
  const ShardIterator iterator = Sample();
  EXPECT_FALSE(iterator.expired(iterator.issued_ms));
  EXPECT_FALSE(iterator.expired(iterator.issued_ms + 15 * 60 * 1000 - 1));
  EXPECT_TRUE(iterator.expired(iterator.issued_ms + 15 * 60 * 1000));
}

TEST(ShardIterator, IsRefusedIfAnyCharacterIsAnother) {
  const std::string token = FormatShardIterator(Sample());
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (const char other : {'A', 'B', '0', '|', '=', '\0'}) {
      std::string changed = token;
      if (changed[i] == other) continue;
      changed[i] = other;
      EXPECT_FALSE(ParseShardIterator(changed).ok()) << changed;
    }
  }
}

TEST(ShardIterator, IsRefusedIfItIsCutOrLonger) {
  const std::string token = FormatShardIterator(Sample());
  for (std::size_t size = 0; size < token.size(); ++size)
    EXPECT_FALSE(ParseShardIterator(token.substr(0, size)).ok()) << size;
  EXPECT_FALSE(ParseShardIterator(token + "AAAA").ok());
  EXPECT_FALSE(ParseShardIterator(token + "|").ok());
  EXPECT_FALSE(ParseShardIterator(std::string(100'000, '|')).ok());
}

TEST(ShardIterator, IsRefusedIfItsPositionBelongsToAnotherStream) {
  ShardIterator other = Sample();
  other.stream_arn += "x";
  const std::string token = FormatShardIterator(Sample());
  const std::string moved = other.stream_arn + token.substr(token.find('|'));
  EXPECT_FALSE(ParseShardIterator(moved).ok());
}

TEST(ShardIterator, IsRefusedInWordsThatNameIt) {
  const auto parsed = ParseShardIterator("arn:aws:dynamodb|1|AAAA");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(parsed.error().message(), "Invalid ShardIterator");
}

TEST(ShardIterator, NeverComesFromRandomBytes) {
  constexpr std::uint64_t kSeed = 7;
  SCOPED_TRACE(kSeed);
  SeededRandom random(kSeed);
  for (int round = 0; round < 20'000; ++round) {
    std::string position(random.Below(80), '\0');
    for (char& c : position) c = static_cast<char>(random.Next());
    EXPECT_FALSE(ParseShardIterator("arn|1|" + model::Base64Encode(position)).ok());
  }
}

}  // namespace
}  // namespace millrace::api::streams
