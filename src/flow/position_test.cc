// Positions and checkpoints: they come back as they were stored; damaged or newer bytes are refused.
#include "flow/position.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "flow/bus_event.h"
#include "flow/checkpoint.h"

namespace millrace::flow {
namespace {

TEST(Position, RoundTrips) {
  Position position;
  position.Set("shardId-00000000000000000001-aabbccdd", "100000000000000000042");
  position.Set("b", "");
  EXPECT_EQ(*Position::Decode(position.Encode()), position);
  EXPECT_EQ(*Position::Decode(Position().Encode()), Position());
}

TEST(Position, ANewerFormatIsRefusedAsSuch) {
  std::string bytes = Position().Encode();
  bytes[0] = 2;
  EXPECT_EQ(Position::Decode(bytes).error().code(), ErrorCode::kUnimplemented);
}

TEST(Checkpoint, RoundTripsAndRefusesDamage) {
  Checkpoint checkpoint;
  checkpoint.position.Set("a", "7");
  checkpoint.epoch = 3;
  const std::string bytes = checkpoint.Encode();
  const auto decoded = Checkpoint::Decode(bytes);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->position, checkpoint.position);
  EXPECT_EQ(decoded->epoch, 3u);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(Checkpoint::Decode(bytes.substr(0, length)).ok());
}

TEST(SubscriptionId, DifferentNamesNeverShareARow) {
  const SubscriptionId a{"1", "r", "pipe/ab", "c"}, b{"1", "r", "pipe/a", "bc"};
  EXPECT_NE(a.StateKey("fc"), b.StateKey("fc"));
}

TEST(BusEvent, RoundTripsAndRefusesDamage) {
  BusEvent event{"id", std::string("k\0y", 3), {1, 300}, true, "{}"};
  const std::string bytes = event.Encode();
  const auto decoded = BusEvent::Decode(bytes);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->order_key, event.order_key);
  EXPECT_EQ(decoded->matched_rules, event.matched_rules);
  EXPECT_TRUE(decoded->forwarded);
  EXPECT_EQ(decoded->envelope, "{}");
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(BusEvent::Decode(bytes.substr(0, length)).ok());
}

}  // namespace
}  // namespace millrace::flow
