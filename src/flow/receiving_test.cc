// A subscription whose source is a queue: what is delivered is acknowledged and nothing else is, what fails comes back
// later, groups keep their order, leases hold while something waits, and nothing is lost whatever the target does.
#include <gtest/gtest.h>

#include "flow/testing/fake_queue.h"
#include "flow/testing/subscription_fixture.h"

namespace millrace::flow::testing {
namespace {

class Receiving : public SubscriptionTest {
 protected:
  std::unique_ptr<Subscription> Receive(FakeQueue& queue, FakeTarget& target, SubscriptionOptions options,
                                        SubscriptionObserver observer = {}) {
    target.store = &state_;
    auto subscription = std::make_unique<Subscription>(std::move(options), queue, target, state_, executor_, random_,
                                                       std::move(observer));
    EXPECT_TRUE(subscription->Start().ok());
    executor_.RunReady();
    return subscription;
  }
  FakeQueue plain_{executor_, false};
  FakeQueue groups_{executor_, true};
};

TEST_F(Receiving, WhatIsDeliveredIsAcknowledged) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  plain_.Send("", "0");
  auto subscription = Receive(plain_, target, Options());
  plain_.Send("", "1");
  executor_.RunReady();
  EXPECT_EQ(target.taken.size(), 2u);
  EXPECT_EQ(plain_.size(), 0u);
  EXPECT_EQ(subscription->stats().delivered, 2u);
  EXPECT_TRUE(subscription->stats().caught_up);
  EXPECT_EQ(state_.size(), 0u) << "a queue needs no checkpoint";
}

TEST_F(Receiving, NothingIsAcknowledgedBeforeTheTargetHasIt) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  target.hold = true;
  auto subscription = Receive(plain_, target, Options());
  plain_.Send("", "0");
  executor_.RunReady();
  EXPECT_EQ(target.held(), 1u);
  EXPECT_EQ(plain_.size(), 1u);
  target.Release();
  executor_.RunReady();
  EXPECT_EQ(plain_.size(), 0u);
}

TEST_F(Receiving, FilteredMessagesAreGone) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  SubscriptionOptions options = Options();
  options.filter = [](const Record& record) { return record.body != "no"; };
  auto subscription = Receive(plain_, target, options);
  plain_.Send("", "no");
  plain_.Send("", "yes");
  executor_.RunReady();
  EXPECT_EQ(target.taken.size(), 1u);
  EXPECT_EQ(plain_.size(), 0u);
  EXPECT_EQ(subscription->stats().filtered, 1u);
}

TEST_F(Receiving, AFailedMessageComesBackLaterAndHoldsUpNobody) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  bool broken = true;
  target.decide = [&](const Record& record) {
    return broken && record.body == "bad" ? EntryOutcome::kRetry : EntryOutcome::kTaken;
  };
  auto subscription = Receive(plain_, target, Options());
  plain_.Send("", "bad");
  plain_.Send("", "good");
  executor_.RunReady();
  EXPECT_EQ(target.taken.size(), 1u);
  EXPECT_EQ(plain_.size(), 1u);
  EXPECT_EQ(plain_.leased(), 1u) << "its delay";
  broken = false;
  RunTimers([&] { return plain_.size() == 0; });
  EXPECT_EQ(target.taken.size(), 2u);
  EXPECT_EQ(target.taken.back().receives, 2u);
}

TEST_F(Receiving, OfAGroupWhatIsBehindAFailedMessageIsNotTriedAndNotCounted) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  int failures = 3;
  target.decide = [&](const Record& record) {
    return record.body == "0" && failures-- > 0 ? EntryOutcome::kRetry : EntryOutcome::kTaken;
  };
  for (int i = 0; i < 5; ++i) groups_.Send("g", std::to_string(i));
  auto subscription = Receive(groups_, target, Options());
  EXPECT_EQ(groups_.ReceivesOf("0"), 1u);
  EXPECT_EQ(groups_.ReceivesOf("1"), 0u);
  RunTimers([&] { return groups_.size() == 0; });
  EXPECT_EQ(target.BodiesOf("g"), (Bodies{"0", "1", "2", "3", "4"}));
  EXPECT_EQ(target.taken.front().receives, 4u);
  EXPECT_EQ(target.taken.back().receives, 1u);
}

TEST_F(Receiving, TriesAreReceivesSoALimitHoldsOverRestarts) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  target.decide = [](const Record&) { return EntryOutcome::kRetry; };
  SubscriptionOptions options = Options();
  options.retry.retries_max = 2;
  options.after_failure = AfterFailure::kContinue;
  plain_.Send("", "bad");
  for (int run = 0; run < 3; ++run) {
    auto subscription = Receive(plain_, target, options);
    RunTimers([&] { return plain_.ReceivesOf("bad") == static_cast<std::uint32_t>(run) + 1 || plain_.size() == 0; });
    subscription->Stop();
    executor_.RunReady();
  }
  EXPECT_EQ(target.writes, 3);
  EXPECT_EQ(plain_.size(), 0u);
  auto subscription = Receive(plain_, target, options);
  ASSERT_EQ(Letters(*subscription).size(), 1u);
  EXPECT_EQ(Letters(*subscription)[0].attempts, 3u);
  EXPECT_EQ(Letters(*subscription)[0].reason, DeadReason::kRetriesExhausted);

  target.decide = {};
  ASSERT_TRUE(subscription->Redrive({1}).ok());
  executor_.RunReady();
  ASSERT_EQ(target.taken.size(), 1u);
  EXPECT_EQ(target.taken[0].body, "bad");
  EXPECT_TRUE(Letters(*subscription).empty());
}

TEST_F(Receiving, AHeldGroupIsStoredBehindItsDeadLetterAndGoesOnInOrder) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  target.decide = [](const Record& record) {
    return record.body == "1" ? EntryOutcome::kReject : EntryOutcome::kTaken;
  };
  SubscriptionOptions options = Options();
  options.after_failure = AfterFailure::kHold;
  auto subscription = Receive(groups_, target, options);
  for (int i = 0; i < 4; ++i) groups_.Send("g", std::to_string(i));
  groups_.Send("other", "0");
  executor_.RunReady();
  EXPECT_EQ(target.BodiesOf("g"), (Bodies{"0"}));
  EXPECT_EQ(target.BodiesOf("other"), (Bodies{"0"}));
  EXPECT_EQ(groups_.size(), 0u) << "they are kept in the parking";
  target.decide = {};
  ASSERT_TRUE(subscription->Redrive({1}).ok());
  executor_.RunReady();
  EXPECT_EQ(target.BodiesOf("g"), (Bodies{"0", "1", "2", "3"}));
}

TEST_F(Receiving, WhatWaitsForATargetThatIsDownIsLeasedAnew) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  target.down = true;
  auto subscription = Receive(plain_, target, Options());
  for (int i = 0; i < 5; ++i) plain_.Send("", std::to_string(i));
  executor_.RunReady();
  RunFor(std::chrono::minutes(5));
  EXPECT_EQ(plain_.leased(), 5u);
  EXPECT_GT(plain_.extensions, 10);
  EXPECT_EQ(plain_.ReceivesOf("0"), 1u);
  target.down = false;
  RunTimers([&] { return plain_.size() == 0; });
  EXPECT_EQ(target.taken.size(), 5u);
}

TEST_F(Receiving, NotMoreIsLeasedThanTwoRoundsOfBatches) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  target.hold = true;
  SubscriptionOptions options = Options();
  options.lanes_max = 2;
  options.batch_records_max = 5;
  for (int i = 0; i < 100; ++i) plain_.Send("", std::to_string(i));
  auto subscription = Receive(plain_, target, options);
  EXPECT_EQ(plain_.leased(), 20u);
  target.hold = false;
  while (target.held() > 0) {
    target.Release();
    executor_.RunReady();
  }
  EXPECT_EQ(target.taken.size(), 100u);
}

TEST_F(Receiving, StopAndPauseGiveBackWhatWasNotTried) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  target.down = true;
  auto subscription = Receive(groups_, target, Options());
  for (int i = 0; i < 5; ++i) groups_.Send("g", std::to_string(i));
  executor_.RunReady();
  EXPECT_EQ(groups_.leased(), 5u);
  ASSERT_TRUE(subscription->Pause().ok());
  executor_.RunReady();
  EXPECT_EQ(groups_.leased(), 0u);
  EXPECT_EQ(groups_.ReceivesOf("0"), 0u);
  RunFor(std::chrono::minutes(1));
  EXPECT_EQ(groups_.leased(), 0u);
  ASSERT_TRUE(subscription->Resume().ok());
  executor_.RunReady();
  EXPECT_EQ(groups_.leased(), 5u);
  subscription->Stop();
  EXPECT_EQ(groups_.leased(), 0u);
  target.down = false;
  auto next = Receive(groups_, target, Options());
  RunTimers([&] { return groups_.size() == 0; });
  EXPECT_EQ(target.BodiesOf("g"), (Bodies{"0", "1", "2", "3", "4"}));
}

TEST_F(Receiving, AQueueThatCannotBeReadIsAskedAgain) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  plain_.failure = Error(ErrorCode::kUnavailable, {}, "not now");
  plain_.Send("", "0");
  auto subscription = Receive(plain_, target, Options());
  EXPECT_EQ(target.writes, 0);
  plain_.failure.reset();
  RunTimers([&] { return plain_.size() == 0; });
  EXPECT_EQ(target.taken.size(), 1u);
}

TEST_F(Receiving, AQueueHasNoPlaceToSeekTo) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  auto subscription = Receive(plain_, target, Options());
  EXPECT_EQ(subscription->Seek(Start::TrimHorizon()).error().code(), ErrorCode::kFailedPrecondition);
}

// Targets of every kind that fail at random, subscriptions that stop and begin again: each group's messages arrive in
// order, and all of them.
TEST_F(Receiving, NothingIsLostOrOvertakenWhateverTheTargetDoes) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    FakeQueue queue(executor_, true);
    const BatchKind kind = std::array{BatchKind::kAtomic, BatchKind::kPrefix, BatchKind::kPerEntry}[seed % 3];
    FakeTarget target({.kind = kind, .batch_records_max = 1 + random.Below(8), .commits_state = seed % 2 == 0});
    std::optional<bool> batch_fate;
    bool prefix_over = false;
    target.before = [&](std::span<const Record>) {
      batch_fate = random.Below(4) != 0;
      prefix_over = false;
    };
    target.decide = [&](const Record&) {
      bool taken = random.Below(4) != 0;
      if (kind == BatchKind::kAtomic) taken = *batch_fate;
      if (kind == BatchKind::kPrefix) taken = !(prefix_over |= !taken);
      return taken ? EntryOutcome::kTaken : EntryOutcome::kRetry;
    };
    SubscriptionOptions options = Options();
    options.lanes_max = 1 + random.Below(4);
    options.batch_records_max = 1 + random.Below(6);
    if (seed % 5 == 0) options.batch_window = std::chrono::milliseconds(50);
    constexpr int kGroups = 5;
    constexpr int kMessages = 60;
    std::array<int, kGroups> sent{};
    auto subscription = Receive(queue, target, options);
    for (int i = 0; i < kGroups * kMessages; ++i) {
      std::size_t group = random.Below(kGroups);
      while (sent[group] == kMessages) group = (group + 1) % kGroups;
      queue.Send("g" + std::to_string(group), std::to_string(sent[group]++));
      if (random.Below(3) == 0) executor_.RunReady();
      if (random.Below(8) == 0) executor_.RunNextTimer();
      target.down = random.Below(20) == 0;
      target.throttled = random.Below(20) == 0;
      if (random.Below(30) == 0) {
        subscription->Stop();
        subscription = Receive(queue, target, options);
      }
    }
    target.down = target.throttled = false;
    RunTimers([&] { return queue.size() == 0; });
    EXPECT_EQ(queue.size(), 0u);
    for (int group = 0; group < kGroups; ++group)
      EXPECT_TRUE(InOrder(target.BodiesOf("g" + std::to_string(group)), kMessages));
    EXPECT_TRUE(kind != BatchKind::kPerEntry || target.repeated_keys == 0);
    subscription->Stop();
    executor_.RunReady();
  }
}

}  // namespace
}  // namespace millrace::flow::testing
