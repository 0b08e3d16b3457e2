// Subscription: order per key, nothing lost over failures and restarts, the checkpoint never ahead of the target,
// bounded windows. Everything runs on one thread on a clock that the test moves.
#include "flow/subscription.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "flow/testing/fakes.h"

namespace millrace::flow {
namespace {

using testing::FakeLog;
using testing::FakeTarget;
using testing::MemoryCheckpoints;

class SubscriptionTest : public ::testing::Test {
 protected:
  SubscriptionOptions Options() {
    SubscriptionOptions options;
    options.id = {"000000000000", "us-east-1", "pipe/p", "arn:stream"};
    options.start = Start::kTrimHorizon;
    return options;
  }
  std::unique_ptr<Subscription> Make(FakeTarget& target, SubscriptionOptions options,
                                     SubscriptionObserver observer = {}) {
    auto subscription = std::make_unique<Subscription>(std::move(options), log_, target, checkpoints_, executor_,
                                                       random_, std::move(observer));
    EXPECT_TRUE(subscription->Start().ok());
    executor_.RunReady();
    return subscription;
  }
  Position StoredPosition() {
    const auto row = *checkpoints_.Load(Options().id.StateKey());
    return row ? Checkpoint::Decode(*row)->position : Position();
  }

  ManualClock clock_;
  ManualExecutor executor_{clock_};
  SeededRandom random_{7};
  FakeLog log_{3};
  MemoryCheckpoints checkpoints_;
};

TEST_F(SubscriptionTest, DeliversEveryRecordInOrderPerKey) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  for (int i = 0; i < 300; ++i) log_.Append(i % 3, fmt::format("k{}", i % 3 * 10 + i % 7), std::to_string(i));
  auto subscription = Make(target, Options());
  EXPECT_EQ(target.taken.size(), 300u);
  EXPECT_EQ(target.repeated_keys, 0) << "a per-entry batch never holds two records of one key";
  for (int key = 0; key < 30; ++key) {
    const auto bodies = target.BodiesOf(fmt::format("k{}", key));
    for (std::size_t i = 1; i < bodies.size(); ++i) EXPECT_LT(std::stoi(bodies[i - 1]), std::stoi(bodies[i]));
  }
  log_.Append(0, "k", "later");
  executor_.RunReady();
  EXPECT_EQ(target.taken.back().body, "later");
}

TEST_F(SubscriptionTest, AFailingKeyWaitsAndTheOthersFlow) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  int failures = 3;
  target.decide = [&](const Record& record) {
    return record.order_key == "bad" && failures > 0 ? (--failures, EntryOutcome::kRetry) : EntryOutcome::kTaken;
  };
  log_.Append(0, "bad", "1");
  log_.Append(0, "good", "2");
  log_.Append(0, "bad", "3");
  log_.Append(0, "good", "4");
  auto subscription = Make(target, Options());
  EXPECT_EQ(target.BodiesOf("good"), (std::vector<std::string>{"2", "4"}));
  EXPECT_TRUE(target.BodiesOf("bad").empty());
  EXPECT_EQ(StoredPosition().Find("0"), nullptr) << "the checkpoint waits for the failing record";
  while (target.taken.size() < 4 && executor_.RunNextTimer()) {
  }
  EXPECT_EQ(target.BodiesOf("bad"), (std::vector<std::string>{"1", "3"}));
  while (executor_.RunNextTimer()) {
  }
  EXPECT_EQ(*StoredPosition().Find("0"), "4");
}

TEST_F(SubscriptionTest, ATargetThatIsDownStopsReadingAndLosesNothing) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  target.down = true;
  int down = 0, up = 0;
  SubscriptionOptions options = Options();
  options.window_records_max = 50;
  for (int i = 0; i < 500; ++i) log_.Append(0, fmt::format("k{}", i), std::to_string(i));
  auto subscription = Make(target, options,
                           {.delivered = {},
                            .retrying = {},
                            .target_down = [&](const Error&, std::chrono::milliseconds) { ++down; },
                            .target_up = [&] { ++up; }});
  EXPECT_EQ(subscription->state(), SubscriptionState::kBackingOff);
  for (int i = 0; i < 5; ++i) executor_.RunNextTimer();
  EXPECT_LE(subscription->stats().window, 50u);
  EXPECT_GE(down, 2);
  target.down = false;
  while (target.taken.size() < 500 && executor_.RunNextTimer()) {
  }
  ASSERT_EQ(target.taken.size(), 500u);
  EXPECT_EQ(up, 1);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(target.BodiesOf(fmt::format("k{}", i)), std::vector{std::to_string(i)});
}

TEST_F(SubscriptionTest, ARestartGoesOnBehindTheCheckpoint) {
  FakeTarget target({.kind = BatchKind::kPrefix, .batch_records_max = 100});
  for (int i = 0; i < 10; ++i) log_.Append(0, "k", std::to_string(i));
  Make(target, Options())->Stop();
  ASSERT_EQ(target.taken.size(), 10u);
  log_.Append(0, "k", "10");
  auto again = Make(target, Options());
  ASSERT_EQ(target.taken.size(), 11u);
  EXPECT_EQ(target.taken.back().body, "10");
}

TEST_F(SubscriptionTest, LatestIsFixedBeforeStartReturns) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 1});
  SubscriptionOptions options = Options();
  options.start = Start::kLatest;
  log_.Append(0, "k", "before");
  {
    Subscription crashed(options, log_, target, checkpoints_, executor_, random_);
    ASSERT_TRUE(crashed.Start().ok());
    // It dies before its first step.
  }
  log_.Append(0, "k", "between");
  auto subscription = Make(target, options);
  EXPECT_EQ(target.BodiesOf("k"), std::vector<std::string>{"between"});
}

TEST_F(SubscriptionTest, FilteredRecordsMoveTheCheckpoint) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 1});
  SubscriptionOptions options = Options();
  options.filter = [](const Record& record) { return record.body == "yes"; };
  for (int i = 0; i < 20; ++i) log_.Append(1, "k", i == 5 ? "yes" : "no");
  auto subscription = Make(target, options);
  while (executor_.RunNextTimer()) {
  }
  EXPECT_EQ(target.taken.size(), 1u);
  EXPECT_EQ(subscription->stats().filtered, 19u);
  EXPECT_EQ(*StoredPosition().Find("1"), "20");
}

TEST_F(SubscriptionTest, AQuietDeliveryIsSavedAtOnceAndFilteredRecordsTogether) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 1});
  SubscriptionOptions options = Options();
  options.filter = [](const Record& record) { return record.body == "yes"; };
  auto subscription = Make(target, options);
  log_.Append(0, "k", "yes");
  executor_.RunReady();
  EXPECT_EQ(*StoredPosition().Find("0"), "1") << "without waiting for a timer";
  const int saves = checkpoints_.saves;
  for (int i = 0; i < 20; ++i) {
    log_.Append(0, "k", "no");
    executor_.RunReady();
  }
  EXPECT_EQ(checkpoints_.saves, saves);
  while (executor_.RunNextTimer()) {
  }
  EXPECT_EQ(checkpoints_.saves, saves + 1);
  EXPECT_EQ(*StoredPosition().Find("0"), "21");
}

TEST_F(SubscriptionTest, ACheckpointingTargetGetsTheRowWithEachBatch) {
  FakeTarget target({.kind = BatchKind::kAtomic, .batch_records_max = 4, .commits_checkpoints = true});
  for (int i = 0; i < 10; ++i) log_.Append(0, fmt::format("k{}", i % 2), std::to_string(i));
  auto subscription = Make(target, Options());
  ASSERT_EQ(target.taken.size(), 10u);
  ASSERT_EQ(target.checkpoints.size(), 3u);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(target.taken[static_cast<std::size_t>(i)].body, std::to_string(i)) << "log order";
  EXPECT_EQ(*Checkpoint::Decode(target.checkpoints[0].value)->position.Find("0"), "4");
  EXPECT_EQ(*Checkpoint::Decode(target.checkpoints[2].value)->position.Find("0"), "10");
}

TEST_F(SubscriptionTest, StopWaitsForWhatIsInFlight) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 1});
  target.hold = true;
  log_.Append(0, "k", "1");
  auto subscription = Make(target, Options());
  ASSERT_EQ(target.held(), 1u);
  Thread stopper(ThreadRole::kBackground, "stopper", [&] { subscription->Stop(); });
  target.Release();
  stopper.Join();
  EXPECT_EQ(*StoredPosition().Find("0"), "1");
  subscription->Stop();  // twice
}

TEST_F(SubscriptionTest, ALogThatLostRecordsStopsItWithTheReason) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 1});
  log_.failure = Error(ErrorCode::kFailedPrecondition, reason::kTrimmed, "records were trimmed");
  auto subscription = Make(target, Options());
  EXPECT_EQ(subscription->state(), SubscriptionState::kFailed);
  EXPECT_NE(subscription->error()->message().find("records were trimmed"), std::string::npos);
}

// What was delivered is behind the watermark before anything else may be read or written: another thread's step between
// the answer and the report of it must not find a delivered record still waiting.
TEST_F(SubscriptionTest, AStepBesideAnAnswerNeverRepeatsADeliveredBatch) {
  FakeTarget target({.kind = BatchKind::kAtomic, .batch_records_max = 4, .commits_checkpoints = true});
  target.hold = true;
  bool appended = false;
  auto subscription = Make(target, Options(),
                           {.delivered =
                                [&](const Record&) {
                                  if (std::exchange(appended, true)) return;
                                  log_.Append(0, "other", "2");
                                  executor_.RunReady();
                                },
                            .retrying = {},
                            .target_down = {},
                            .target_up = {}});
  log_.Append(0, "k", "1");
  executor_.RunReady();
  while (target.held() > 0) {
    target.Release();
    executor_.RunReady();
  }
  EXPECT_EQ(target.BodiesOf("k"), std::vector<std::string>{"1"});
  EXPECT_EQ(target.BodiesOf("other"), std::vector<std::string>{"2"});
}

// Real threads: answers come from a thread of the target's while steps run on two others.
TEST_F(SubscriptionTest, ThreadsOfTheTargetAndOfTheExecutorMeet) {
  for (const bool commits : {true, false}) {
    SystemClock clock;
    ThreadExecutor executor(2, clock);
    ThreadExecutor answers(2, clock);
    FakeLog log(2);
    FakeTarget inner({.kind = commits ? BatchKind::kAtomic : BatchKind::kPerEntry,
                      .batch_records_max = 3,
                      .commits_checkpoints = commits});
    // Hands every batch to another thread, as a target behind a socket does.
    class Elsewhere final : public Target {
     public:
      Elsewhere(FakeTarget& target, Executor& threads) : target_(target), threads_(threads) {}
      const std::string& name() const override { return target_.name(); }
      const TargetTraits& traits() const override { return target_.traits(); }
      Status Open() override { return Ok(); }
      void Close() override {}
      void Write(std::span<const Record> batch, std::optional<CheckpointRow> checkpoint, Done done) override {
        threads_.Post([this, batch, checkpoint = std::move(checkpoint), done = std::move(done)]() mutable {
          target_.Write(batch, std::move(checkpoint), std::move(done));
        });
      }

     private:
      FakeTarget& target_;
      Executor& threads_;
    } target(inner, answers);
    MemoryCheckpoints checkpoints;
    Subscription subscription(Options(), log, target, checkpoints, executor, random_);
    ASSERT_TRUE(subscription.Start().ok());
    constexpr int kRecords = 3000;
    for (int i = 0; i < kRecords; ++i) log.Append(i % 2, fmt::format("k{}", i % 6), std::to_string(i));
    while (subscription.stats().delivered < kRecords) std::this_thread::yield();
    subscription.Stop();
    answers.Stop();
    executor.Stop();
    ASSERT_EQ(inner.taken.size(), static_cast<std::size_t>(kRecords)) << "each once";
    for (int key = 0; key < 6; ++key) {
      const auto bodies = inner.BodiesOf(fmt::format("k{}", key));
      for (std::size_t i = 1; i < bodies.size(); ++i) ASSERT_LT(std::stoi(bodies[i - 1]), std::stoi(bodies[i]));
    }
  }
}

// Random faults and restarts at random moments: at least once, in order per key, and after a restart nothing that the
// checkpoint covers is missing.
TEST_F(SubscriptionTest, NothingIsLostOrReorderedUnderRandomFaults) {
  const std::uint64_t seed = SystemRandom().Next();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  SeededRandom random(seed);
  for (int round = 0; round < 60; ++round) {
    MemoryCheckpoints checkpoints;
    FakeLog log(3);
    const auto kind = static_cast<BatchKind>(random.Below(3));
    const bool commits = kind == BatchKind::kAtomic && random.Below(2) == 0;
    FakeTarget target({.kind = kind, .batch_records_max = 1 + random.Below(8), .commits_checkpoints = commits});
    bool batch_fails = false;
    target.decide = [&](const Record&) {
      if (kind == BatchKind::kAtomic) return batch_fails ? EntryOutcome::kRetry : EntryOutcome::kTaken;
      if (kind == BatchKind::kPrefix)
        return (batch_fails |= random.Below(10) == 0) ? EntryOutcome::kRetry : EntryOutcome::kTaken;
      return random.Below(5) == 0 ? EntryOutcome::kRetry : EntryOutcome::kTaken;
    };
    SubscriptionOptions options = Options();
    options.window_records_max = 1 + random.Below(40);
    options.lanes_max = 1 + random.Below(4);
    std::map<std::string, int> appended;
    std::unique_ptr<Subscription> subscription;
    for (int step = 0; step < 200; ++step) {
      const auto action = random.Below(10);
      if (action < 5) {
        const int key = static_cast<int>(random.Below(12));
        const std::string name = fmt::format("k{}", key);
        log.Append(key % 3, name, std::to_string(appended[name]++));
      } else if (action == 5) {
        subscription.reset();  // with whatever checkpoint it had
      } else {
        batch_fails = random.Below(4) == 0;
        target.down = random.Below(6) == 0;
        if (!subscription) {
          subscription = std::make_unique<Subscription>(options, log, target, checkpoints, executor_, random_);
          ASSERT_TRUE(subscription->Start().ok());
        }
        executor_.RunReady();
        if (action > 7) executor_.RunNextTimer();
        for (const auto& row : target.checkpoints) checkpoints.Put(row);
        target.checkpoints.clear();
      }
    }
    target.down = batch_fails = false;
    target.decide = nullptr;
    if (!subscription) {
      subscription = std::make_unique<Subscription>(options, log, target, checkpoints, executor_, random_);
      ASSERT_TRUE(subscription->Start().ok());
    }
    executor_.RunReady();
    while (executor_.RunNextTimer()) {
    }
    for (const auto& [key, count] : appended) {
      // With duplicates removed by "seen before", what remains must be 0, 1, 2, … : no loss, no overtaking.
      int next = 0;
      for (const std::string& body : target.BodiesOf(key)) {
        const int value = std::stoi(body);
        ASSERT_LE(value, next) << key << " skipped a record in round " << round;
        next = std::max(next, value + 1);
      }
      ASSERT_EQ(next, count) << key << " lost records in round " << round;
    }
    subscription.reset();
  }
}

}  // namespace
}  // namespace millrace::flow
