// SubscriptionTest is what the tests of subscriptions stand on: a log of either shape, a store, an executor and a clock
// that the test moves.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "flow/subscription.h"
#include "flow/testing/fakes.h"
#include "flow/testing/scattered_log.h"

namespace millrace::flow::testing {

using Bodies = std::vector<std::string>;

enum class Shape { kOrdered, kScattered };

class SubscriptionTest : public ::testing::TestWithParam<Shape> {
 protected:
  SubscriptionTest() {
    if (::testing::UnitTest::GetInstance()->current_test_info()->value_param() != nullptr &&
        GetParam() == Shape::kScattered) {
      log_ = std::make_unique<ScatteredLog>(3, random_, clock_);
    } else {
      log_ = std::make_unique<FakeLog>(3, &clock_);
    }
    feed_ = std::make_unique<Feed>(*log_, executor_);
    feed_->Start();
  }
  SubscriptionOptions Options() {
    SubscriptionOptions options;
    options.id = {"000000000000", "us-east-1", "pipe/p", "arn:stream"};
    options.start = Start::TrimHorizon();
    return options;
  }
  std::unique_ptr<Subscription> Make(FakeTarget& target, SubscriptionOptions options,
                                     SubscriptionObserver observer = {}) {
    target.store = &state_;
    auto subscription = std::make_unique<Subscription>(std::move(options), *feed_, target, state_, executor_, random_,
                                                       std::move(observer));
    EXPECT_TRUE(subscription->Start().ok());
    executor_.RunReady();
    return subscription;
  }
  void RunTimers(const std::function<bool()>& until) {
    for (int i = 0; i < 10'000 && !until(); ++i)
      if (!executor_.RunNextTimer()) return;
  }
  // Lets so much time pass.
  void RunFor(std::chrono::milliseconds time) {
    bool over = false;
    executor_.PostAfter(time, [&] { over = true; });
    RunTimers([&] { return over; });
  }
  Position StoredPosition() {
    const auto row = *state_.Load(Options().id.StateKey("fc"));
    return row ? Checkpoint::Decode(*row)->position : Position();
  }
  std::vector<DeadLetter> Letters(Subscription& subscription) { return *subscription.DeadLetters(0, 1000); }

  ManualClock clock_;
  ManualExecutor executor_{clock_};
  SeededRandom random_{7};
  MemoryState state_;
  std::unique_ptr<TestLog> log_;
  std::unique_ptr<Feed> feed_;
};

inline std::string ShapeName(const ::testing::TestParamInfo<Shape>& shape) {
  return shape.param == Shape::kOrdered ? "Ordered" : "Scattered";
}

// With what was seen before left out, a key's deliveries must be 0, 1, 2, …: nothing lost, nothing overtaken.
inline ::testing::AssertionResult InOrder(const Bodies& bodies, int count) {
  int next = 0;
  for (const std::string& body : bodies) {
    const int value = std::stoi(body);
    if (value > next) return ::testing::AssertionFailure() << value << " came before " << next;
    next = std::max(next, value + 1);
  }
  if (next != count) return ::testing::AssertionFailure() << next << " of " << count << " came";
  return ::testing::AssertionSuccess();
}

}  // namespace millrace::flow::testing
