// How far a subscription is behind: what is read and not done, what is not read, what is parked; and what an operator
// who redrives twice sees.
#include <gtest/gtest.h>

#include "flow/testing/subscription_fixture.h"

namespace millrace::flow {
namespace {

using testing::Bodies;
using testing::FakeTarget;
using testing::Shape;

class LagTest : public testing::SubscriptionTest {};
INSTANTIATE_TEST_SUITE_P(, LagTest, ::testing::Values(Shape::kOrdered, Shape::kScattered), testing::ShapeName);

// The scattered log shows its records late, and cannot be told to fail.
class PlainLagTest : public LagTest {};
INSTANTIATE_TEST_SUITE_P(, PlainLagTest, ::testing::Values(Shape::kOrdered), testing::ShapeName);

TEST_P(LagTest, CountsWhatIsReadAndNotDoneAndWhatIsNotRead) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  target.hold = true;
  SubscriptionOptions options = Options();
  options.window_records_max = 30;
  const std::int64_t begin = clock_.NowMillis();
  for (int i = 0; i < 100; ++i) {
    log_->Append(i % 3, fmt::format("k{}", i), std::to_string(i));
    clock_.Advance(std::chrono::milliseconds(1));
  }
  auto subscription = Make(target, options);
  SubscriptionLag lag = *subscription->Lag(100'000);
  EXPECT_EQ(lag.records, 100u);
  EXPECT_FALSE(lag.more);
  EXPECT_EQ(lag.oldest_ms, begin);

  lag = *subscription->Lag(40);
  EXPECT_EQ(lag.records, 40u);
  EXPECT_TRUE(lag.more);
  lag = *subscription->Lag(10);
  EXPECT_EQ(lag.records, 10u) << "fewer than are in the window";
  EXPECT_TRUE(lag.more);
  lag = *subscription->Lag(100);
  EXPECT_EQ(lag.records, 100u);
  EXPECT_FALSE(lag.more);

  target.hold = false;
  while (subscription->stats().delivered < 100) {
    const auto before = subscription->stats().delivered;
    target.Release();
    executor_.RunReady();
    lag = *subscription->Lag(100'000);
    EXPECT_EQ(lag.records + subscription->stats().delivered, 100u);
    ASSERT_GT(subscription->stats().delivered, before);
  }
  EXPECT_EQ(lag.records, 0u);
  EXPECT_EQ(lag.oldest_ms, 0);
}

TEST_P(PlainLagTest, OfOneThatHasCaughtUpIsWhatWasAppendedSince) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  SubscriptionOptions options = Options();
  options.interest = {.everything = false, .rules = {7}};
  auto subscription = Make(target, options);
  for (int i = 0; i < 5; ++i) log_->Append(0, "k", "x");
  EXPECT_EQ(subscription->Lag(1000)->records, 5u);
  executor_.RunReady();
  EXPECT_EQ(subscription->Lag(1000)->records, 0u) << "nothing of it concerned this one, which is done with it";
  EXPECT_FALSE(subscription->position().AtOrPast(*log_->Resolve(Start::Latest()))) << "though it was not told yet";
}

TEST_P(LagTest, ParkedRecordsAndDeadLettersAreNoLag) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  target.decide = [](const Record& record) {
    return record.order_key == "bad" ? EntryOutcome::kReject : EntryOutcome::kTaken;
  };
  auto subscription = Make(target, Options());
  for (int i = 0; i < 5; ++i) log_->Append(0, "bad", std::to_string(i));
  executor_.RunReady();
  EXPECT_EQ(subscription->stats().dead_letters, 1u);
  EXPECT_EQ(subscription->stats().parked_records, 4u);
  EXPECT_EQ(subscription->Lag(1000)->records, 0u);
}

TEST_P(PlainLagTest, OfALogThatCannotBeReadIsAnError) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  auto subscription = Make(target, Options());
  static_cast<testing::FakeLog&>(*log_).failure = Error(ErrorCode::kUnavailable, {}, "the disk is away");
  EXPECT_EQ(subscription->Lag(10).error().message(), "the disk is away");
}

TEST_P(LagTest, ALetterThatIsBeingRemovedIsNotThereForAnyoneElse) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  bool failing = true;
  target.decide = [&](const Record& record) {
    return failing && record.order_key == "bad" ? EntryOutcome::kReject : EntryOutcome::kTaken;
  };
  SubscriptionOptions options = Options();
  options.after_failure = AfterFailure::kContinue;
  auto subscription = Make(target, options);
  for (int i = 0; i < 3; ++i) log_->Append(0, "bad", std::to_string(i));
  executor_.RunReady();
  ASSERT_EQ(Letters(*subscription).size(), 3u);
  failing = false;
  // The redriven letter waits for the batch of its key that is under way.
  target.hold = true;
  log_->Append(0, "bad", "3");
  executor_.RunReady();
  EXPECT_EQ(*subscription->Redrive({2}), 1u);
  EXPECT_EQ(Letters(*subscription).size(), 2u) << "not yet stored, but decided";
  EXPECT_EQ(subscription->stats().dead_letters, 2u);
  EXPECT_EQ(*subscription->Redrive({2}), 0u);
  EXPECT_EQ(*subscription->Drop({2, 1}), 1u);
  EXPECT_EQ(Letters(*subscription)[0].number, 3u);
  EXPECT_EQ(subscription->DeadLetters(0, 1)->size(), 1u) << "a page is full, though letters are hidden";
  target.hold = false;
  target.Release();
  executor_.RunReady();
  EXPECT_EQ(target.BodiesOf("bad"), (Bodies{"3", "1"}));
  EXPECT_TRUE(subscription->AwaitStored().ok());
  EXPECT_EQ(Letters(*subscription).size(), 1u);
  EXPECT_EQ(subscription->stats().dead_letters, 1u);
}

}  // namespace
}  // namespace millrace::flow
