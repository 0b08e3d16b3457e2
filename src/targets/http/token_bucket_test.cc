// A bucket lets through its rate, exactly, on a clock that is moved by hand.
#include "targets/http/token_bucket.h"

#include <gtest/gtest.h>

namespace millrace::targets {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

int TakeAll(TokenBucket& bucket) {
  int taken = 0;
  while (bucket.Take() == Duration::zero()) ++taken;
  return taken;
}

TEST(TokenBucket, SpacesRequestsEvenly) {
  ManualClock clock;
  TokenBucket bucket(5, clock);
  EXPECT_EQ(TakeAll(bucket), 1);
  EXPECT_EQ(bucket.Take(), milliseconds(200));
  clock.Advance(milliseconds(150));
  EXPECT_EQ(bucket.Take(), milliseconds(50));
  clock.Advance(milliseconds(50));
  EXPECT_EQ(TakeAll(bucket), 1);
}

TEST(TokenBucket, LetsATenthOfASecondsWorthGoTogether) {
  ManualClock clock;
  TokenBucket bucket(300, clock);
  EXPECT_EQ(TakeAll(bucket), 30);
  clock.Advance(seconds(10));
  EXPECT_EQ(TakeAll(bucket), 30) << "a pause saves up no more";
}

TEST(TokenBucket, MakesLaterRequestsWaitForThoseThatWereCharged) {
  ManualClock clock;
  TokenBucket bucket(5, clock);
  EXPECT_EQ(bucket.Take(), Duration::zero());
  bucket.Charge();
  bucket.Charge();
  EXPECT_EQ(bucket.Take(), milliseconds(600));
}

TEST(TokenBucket, HoldsItsRateHoweverOftenItIsAsked) {
  for (const std::uint32_t rate : {1u, 3u, 7u, 300u, 1'000'000u}) {
    ManualClock clock;
    TokenBucket bucket(rate, clock);
    TakeAll(bucket);
    int taken = 0;
    Duration elapsed{};
    while (elapsed < seconds(2)) {
      const Duration step = rate > 1000 ? milliseconds(1) : milliseconds(3);
      clock.Advance(step);
      elapsed += step;
      taken += TakeAll(bucket);
    }
    EXPECT_LE(taken, 2.001 * rate + 1) << rate;
    EXPECT_GE(taken, 1.99 * rate - 1) << rate;
  }
}

}  // namespace
}  // namespace millrace::targets
