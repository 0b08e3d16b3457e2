// Subscription: order per key, nothing lost over failures and restarts, the checkpoint never ahead of the target,
// bounded windows. Everything runs on one thread on a clock that the test moves, over a log with a total order and over
// one that is scattered like a remote stream.
#include "flow/subscription.h"

#include <gtest/gtest.h>

#include "flow/testing/subscription_fixture.h"

namespace millrace::flow {
namespace {

using testing::Bodies;
using testing::FakeLog;
using testing::FakeTarget;
using testing::InOrder;
using testing::MemoryState;
using testing::Shape;
using testing::SubscriptionTest;
using testing::TestLog;

INSTANTIATE_TEST_SUITE_P(, SubscriptionTest, ::testing::Values(Shape::kOrdered, Shape::kScattered), testing::ShapeName);

// What looks at positions needs to know how they are made.
class PlainLogTest : public SubscriptionTest {};
INSTANTIATE_TEST_SUITE_P(, PlainLogTest, ::testing::Values(Shape::kOrdered), testing::ShapeName);

TEST_P(SubscriptionTest, DeliversEveryRecordInOrderPerKey) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  std::map<std::string, int> counts;
  for (int i = 0; i < 300; ++i) {
    const std::string key = fmt::format("k{}", i % 3 * 10 + i % 7);
    log_->Append(i % 3, key, std::to_string(counts[key]++));
  }
  auto subscription = Make(target, Options());
  EXPECT_EQ(target.taken.size(), 300u);
  EXPECT_EQ(target.repeated_keys, 0) << "a per-entry batch never holds two records of one key";
  for (const auto& [key, count] : counts) EXPECT_TRUE(InOrder(target.BodiesOf(key), count)) << key;
  log_->Append(0, "k", "later");
  executor_.RunReady();
  EXPECT_EQ(target.taken.back().body, "later");
}

TEST_P(SubscriptionTest, AFailingKeyWaitsAndTheOthersFlow) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  int failures = 3;
  target.decide = [&](const Record& record) {
    return record.order_key == "bad" && failures > 0 ? (--failures, EntryOutcome::kRetry) : EntryOutcome::kTaken;
  };
  log_->Append(0, "bad", "1");
  log_->Append(0, "good", "2");
  log_->Append(0, "bad", "3");
  log_->Append(0, "good", "4");
  auto subscription = Make(target, Options());
  EXPECT_EQ(target.BodiesOf("good"), (Bodies{"2", "4"}));
  EXPECT_TRUE(target.BodiesOf("bad").empty());
  RunTimers([&] { return target.taken.size() == 4; });
  EXPECT_EQ(target.BodiesOf("bad"), (Bodies{"1", "3"}));
}

TEST_P(SubscriptionTest, ATargetThatIsDownStopsReadingAndLosesNothing) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  target.down = true;
  int down = 0, up = 0;
  SubscriptionOptions options = Options();
  options.window_records_max = 50;
  options.retry.retries_max = 2;
  for (int i = 0; i < 500; ++i) log_->Append(0, fmt::format("k{}", i), std::to_string(i));
  SubscriptionObserver observer;
  observer.target_down = [&](const Error&, std::chrono::milliseconds) { ++down; };
  observer.target_up = [&] { ++up; };
  auto subscription = Make(target, options, std::move(observer));
  EXPECT_EQ(subscription->state(), SubscriptionState::kBackingOff);
  const int before = target.writes;
  for (int i = 0; i < 5; ++i) executor_.RunNextTimer();
  EXPECT_LE(target.writes - before, 5) << "one batch tries whether it is back";
  EXPECT_LE(subscription->stats().window, 50u);
  EXPECT_EQ(subscription->stats().parked_records, 0u) << "nothing is parked while the target is down";
  EXPECT_EQ(subscription->stats().dead_letters, 0u) << "and no try is counted";
  EXPECT_GE(down, 2);
  target.down = false;
  RunTimers([&] { return target.taken.size() == 500; });
  ASSERT_EQ(target.taken.size(), 500u);
  EXPECT_EQ(up, 1);
  EXPECT_EQ(subscription->state(), SubscriptionState::kRunning);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(target.BodiesOf(fmt::format("k{}", i)), Bodies{std::to_string(i)});
}

TEST_P(SubscriptionTest, ManyKeysThatFailInARowAreTheTargetsFailure) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 1});
  bool broken = true;
  target.decide = [&](const Record&) { return broken ? EntryOutcome::kRetry : EntryOutcome::kTaken; };
  for (int i = 0; i < 200; ++i) log_->Append(0, fmt::format("k{}", i), std::to_string(i));
  auto subscription = Make(target, Options());
  for (int i = 0; i < 100; ++i) executor_.RunNextTimer();
  EXPECT_EQ(subscription->state(), SubscriptionState::kBackingOff);
  EXPECT_LT(subscription->stats().parked_keys, 20u) << "the breaker opened before all were parked";
  broken = false;
  RunTimers([&] { return target.taken.size() == 200; });
  EXPECT_EQ(target.taken.size(), 200u);
}

TEST_P(SubscriptionTest, ARateLimitIsNoFailure) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 1});
  target.throttled = true;
  SubscriptionOptions options = Options();
  options.retry.retries_max = 0;
  for (int i = 0; i < 20; ++i) log_->Append(0, fmt::format("k{}", i), std::to_string(i));
  auto subscription = Make(target, options);
  for (int i = 0; i < 10; ++i) executor_.RunNextTimer();
  target.throttled = false;
  RunTimers([&] { return target.taken.size() == 20; });
  EXPECT_EQ(target.taken.size(), 20u);
  EXPECT_EQ(subscription->stats().dead_letters, 0u);
}

TEST_P(SubscriptionTest, ARestartGoesOnBehindTheCheckpoint) {
  FakeTarget target({.kind = BatchKind::kPrefix, .batch_records_max = 100});
  for (int i = 0; i < 10; ++i) log_->Append(0, "k", std::to_string(i));
  Make(target, Options())->Stop();
  ASSERT_EQ(target.taken.size(), 10u);
  log_->Append(0, "k", "10");
  auto again = Make(target, Options());
  ASSERT_EQ(target.taken.size(), 11u);
  EXPECT_EQ(target.taken.back().body, "10");
}

TEST_P(SubscriptionTest, ACrashRepeatsOnlyWhatWasUnderWay) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 1});
  // One key hangs in its target, all others are done: a checkpoint is saved, and the process dies.
  target.decide = [](const Record& record) {
    return record.order_key == "slow" ? EntryOutcome::kRetry : EntryOutcome::kTaken;
  };
  SubscriptionOptions options = Options();
  options.park_after = 1000;
  options.retry.backoff_initial = options.retry.backoff_max = std::chrono::hours(1);
  log_->Append(0, "slow", "0");
  for (int i = 0; i < 50; ++i) log_->Append(0, fmt::format("k{}", i), std::to_string(i));
  MemoryState crashed;
  {
    auto subscription = Make(target, options);
    RunFor(std::chrono::seconds(1));
    ASSERT_EQ(target.taken.size(), 50u);
    const std::string key = options.id.StateKey("fc");
    ASSERT_TRUE(WriteAndWait(crashed, {{key, *state_.Load(key)}}).ok());
  }
  target.decide = nullptr;
  target.taken.clear();
  Subscription again(options, *feed_, target, crashed, executor_, random_);
  ASSERT_TRUE(again.Start().ok());
  executor_.RunReady();
  ASSERT_EQ(target.taken.size(), 1u);
  EXPECT_EQ(target.taken[0].order_key, "slow");
  again.Stop();
}

TEST_P(SubscriptionTest, LatestIsFixedBeforeStartReturns) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 1});
  SubscriptionOptions options = Options();
  options.start = Start::Latest();
  log_->Append(0, "k", "before");
  {
    Subscription crashed(options, *feed_, target, state_, executor_, random_);
    ASSERT_TRUE(crashed.Start().ok());
    // It dies before its first step.
  }
  log_->Append(0, "k", "between");
  auto subscription = Make(target, options);
  EXPECT_EQ(target.BodiesOf("k"), Bodies{"between"});
}

TEST_P(SubscriptionTest, BeginsAtATime) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 1});
  for (int i = 0; i < 10; ++i) {
    log_->Append(0, "k", std::to_string(i));
    clock_.Advance(std::chrono::seconds(60));
  }
  SubscriptionOptions options = Options();
  options.start = Start::AtTime(clock_.NowMillis() - 3 * 60'000);
  auto subscription = Make(target, options);
  EXPECT_EQ(target.BodiesOf("k"), (Bodies{"7", "8", "9"}));
}

TEST_P(PlainLogTest, BeginsAtASequenceNumber) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 1});
  for (int i = 0; i < 5; ++i) log_->Append(0, "k", std::to_string(i));
  SubscriptionOptions options = Options();
  options.start = Start::AtOffset("4");
  auto subscription = Make(target, options);
  EXPECT_EQ(target.BodiesOf("k"), (Bodies{"3", "4"}));
}

TEST_P(SubscriptionTest, AnOrderKeyOfTheUsersOwnChoiceJoinsKeys) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  SubscriptionOptions options = Options();
  options.order_key = [](const Record& record) { return record.body.substr(0, 1); };
  log_->Append(0, "a", "1a");
  log_->Append(0, "a", "1b");
  log_->Append(0, "a", "2a");
  target.hold = true;
  auto subscription = Make(target, options);
  ASSERT_EQ(target.held(), 1u);
  EXPECT_EQ(target.taken.size(), 2u) << "1a and 2a go together, 1b waits for 1a";
  target.hold = false;
  target.Release();
  executor_.RunReady();
  EXPECT_EQ(target.taken.size(), 3u);
  EXPECT_EQ(target.taken.back().body, "1b");
}

TEST_P(SubscriptionTest, ABatchWaitsForItsWindow) {
  FakeTarget target({.kind = BatchKind::kPrefix, .batch_records_max = 100});
  SubscriptionOptions options = Options();
  options.batch_records_max = 3;
  options.batch_window = std::chrono::seconds(10);
  auto subscription = Make(target, options);
  log_->Append(0, "a", "0");
  executor_.RunReady();
  log_->Append(0, "b", "0");
  executor_.RunReady();
  EXPECT_EQ(target.writes, 0);
  log_->Append(0, "c", "0");
  executor_.RunReady();
  EXPECT_EQ(target.writes, 1) << "full before its time";
  EXPECT_EQ(target.largest_batch, 3u);
  log_->Append(0, "a", "1");
  executor_.RunReady();
  EXPECT_EQ(target.writes, 1);
  RunFor(std::chrono::milliseconds(9'900));
  EXPECT_EQ(target.writes, 1);
  RunFor(std::chrono::milliseconds(200));
  EXPECT_EQ(target.writes, 2) << "not full when its time is over";
}

TEST_P(PlainLogTest, FilteredRecordsMoveTheCheckpoint) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 1});
  SubscriptionOptions options = Options();
  options.filter = [](const Record& record) { return record.body == "yes"; };
  for (int i = 0; i < 20; ++i) log_->Append(1, "k", i == 5 ? "yes" : "no");
  auto subscription = Make(target, options);
  RunTimers([] { return false; });
  EXPECT_EQ(target.taken.size(), 1u);
  EXPECT_EQ(subscription->stats().filtered, 19u);
  EXPECT_EQ(*StoredPosition().Find("1"), "20");
}

TEST_P(SubscriptionTest, ASkippedRecordIsDone) {
  for (const BatchKind kind : {BatchKind::kAtomic, BatchKind::kPrefix, BatchKind::kPerEntry}) {
    FakeTarget target({.kind = kind, .batch_records_max = 10});
    SubscriptionOptions options = Options();
    options.id.name = fmt::format("pipe/{}", static_cast<int>(kind));
    options.transform = [](Record& record) -> Result<Verdict> {
      return record.body.starts_with("-") ? Verdict::kSkip : Verdict::kDeliver;
    };
    for (const char* body : {"-", "1", "-", "-", "2", "-"})
      log_->Append(0, fmt::format("k{}", static_cast<int>(kind)), body);
    auto subscription = Make(target, options);
    EXPECT_EQ(target.BodiesOf(fmt::format("k{}", static_cast<int>(kind))), (Bodies{"1", "2"}));
    RunTimers([] { return false; });
    EXPECT_EQ(subscription->stats().window, 0u);
  }
}

TEST_P(PlainLogTest, AQuietDeliveryIsSavedAtOnceAndFilteredRecordsTogether) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 1});
  SubscriptionOptions options = Options();
  options.filter = [](const Record& record) { return record.body == "yes"; };
  auto subscription = Make(target, options);
  log_->Append(0, "k", "yes");
  executor_.RunReady();
  EXPECT_EQ(*StoredPosition().Find("0"), "1") << "without waiting for a timer";
  const int writes = state_.writes;
  for (int i = 0; i < 20; ++i) {
    log_->Append(0, "k", "no");
    executor_.RunReady();
  }
  EXPECT_EQ(state_.writes, writes);
  RunFor(options.checkpoint_interval);
  EXPECT_EQ(state_.writes, writes + 1);
  EXPECT_EQ(*StoredPosition().Find("0"), "21");
}

TEST_P(PlainLogTest, ATargetThatCommitsStateGetsTheCheckpointWithEachBatch) {
  FakeTarget target({.kind = BatchKind::kAtomic, .batch_records_max = 4, .commits_state = true});
  for (int i = 0; i < 10; ++i) log_->Append(0, fmt::format("k{}", i % 2), std::to_string(i));
  auto subscription = Make(target, Options());
  ASSERT_EQ(target.taken.size(), 10u);
  ASSERT_EQ(target.commits.size(), 3u);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(target.taken[static_cast<std::size_t>(i)].body, std::to_string(i)) << "log order";
  EXPECT_EQ(*Checkpoint::Decode(*target.commits[0][0].value)->position.Find("0"), "4");
  EXPECT_EQ(*Checkpoint::Decode(*target.commits[2][0].value)->position.Find("0"), "10");
}

TEST_P(SubscriptionTest, StopWaitsForWhatIsInFlight) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 1});
  target.hold = true;
  log_->Append(0, "k", "1");
  auto subscription = Make(target, Options());
  ASSERT_EQ(target.held(), 1u);
  Thread stopper(ThreadRole::kBackground, "stopper", [&] { subscription->Stop(); });
  target.Release();
  stopper.Join();
  target.hold = false;
  subscription->Stop();  // twice
  auto again = Make(target, Options());
  EXPECT_EQ(target.taken.size(), 1u) << "the checkpoint was saved";
}

TEST_P(SubscriptionTest, PauseSurvivesARestart) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 1});
  auto subscription = Make(target, Options());
  log_->Append(0, "k", "0");
  executor_.RunReady();
  ASSERT_TRUE(subscription->Pause().ok());
  log_->Append(0, "k", "1");
  executor_.RunReady();
  EXPECT_EQ(target.taken.size(), 1u);
  EXPECT_EQ(subscription->state(), SubscriptionState::kPaused);
  subscription.reset();
  subscription = Make(target, Options());
  EXPECT_EQ(target.taken.size(), 1u);
  EXPECT_EQ(subscription->state(), SubscriptionState::kPaused);
  ASSERT_TRUE(subscription->Resume().ok());
  executor_.RunReady();
  EXPECT_EQ(target.BodiesOf("k"), (Bodies{"0", "1"}));
}

TEST_P(SubscriptionTest, SeekDeliversAgainOrLeavesOut) {
  for (const bool commits : {false, true}) {
    FakeTarget target({.kind = BatchKind::kAtomic, .batch_records_max = 10, .commits_state = commits});
    SubscriptionOptions options = Options();
    options.id.name = commits ? "pipe/commits" : "pipe/saves";
    options.start = Start::Latest();
    auto subscription = Make(target, options);
    const std::string key = options.id.name;
    for (int i = 0; i < 5; ++i) log_->Append(0, key, std::to_string(i));
    executor_.RunReady();
    ASSERT_EQ(target.BodiesOf(key).size(), 5u);
    ASSERT_TRUE(subscription->Seek(Start::TrimHorizon()).ok());
    executor_.RunReady();
    EXPECT_EQ(target.BodiesOf(key).size(), 10u);
    target.down = true;
    log_->Append(0, key, "left out");
    executor_.RunReady();
    ASSERT_TRUE(subscription->Seek(Start::Latest()).ok());
    target.down = false;
    RunFor(std::chrono::minutes(1));
    EXPECT_EQ(target.BodiesOf(key).size(), 10u);
    log_->Append(0, key, "last");
    executor_.RunReady();
    EXPECT_EQ(target.taken.back().body, "last");
  }
}

TEST_P(PlainLogTest, ALogThatLostRecordsStopsItWithTheReasonAndSeekHelps) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 1});
  auto& log = static_cast<FakeLog&>(*log_);
  log.failure = Error(ErrorCode::kFailedPrecondition, reason::kTrimmed, "records were trimmed");
  auto subscription = Make(target, Options());
  EXPECT_EQ(subscription->state(), SubscriptionState::kFailed);
  EXPECT_NE(subscription->error()->message().find("records were trimmed"), std::string::npos);
  log.failure.reset();
  ASSERT_TRUE(subscription->Seek(Start::TrimHorizon()).ok());
  log_->Append(0, "k", "on");
  executor_.RunReady();
  EXPECT_EQ(target.taken.size(), 1u);
  EXPECT_EQ(subscription->state(), SubscriptionState::kRunning);
}

TEST_P(SubscriptionTest, TrimmedRecordsStopAStoppedReaderAndNoOther) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 1});
  SubscriptionOptions idle = Options();
  idle.id.name = "pipe/idle";
  auto paused = Make(target, idle);
  auto reading = Make(target, Options());
  log_->Append(0, "k", "1");
  executor_.RunReady();
  ASSERT_TRUE(paused->Pause().ok());
  for (int hour = 0; hour < 60; ++hour) {
    log_->Append(0, "k", std::to_string(hour));
    executor_.RunReady();
    clock_.Advance(std::chrono::hours(1));
    if (auto* log = dynamic_cast<testing::ScatteredLog*>(log_.get())) log->Trim();
  }
  EXPECT_EQ(reading->state(), SubscriptionState::kRunning);
  ASSERT_TRUE(paused->Resume().ok());
  executor_.RunReady();
  if (GetParam() == Shape::kScattered) {
    EXPECT_EQ(paused->state(), SubscriptionState::kFailed) << "lost records are never passed over in silence";
  }
}

// What was delivered is behind the watermark before anything else may be read or written: another thread's step between
// the answer and the report of it must not find a delivered record still waiting.
TEST_P(SubscriptionTest, AStepBesideAnAnswerNeverRepeatsADeliveredBatch) {
  FakeTarget target({.kind = BatchKind::kAtomic, .batch_records_max = 4, .commits_state = true});
  target.hold = true;
  bool appended = false;
  SubscriptionObserver observer;
  observer.delivered = [&](const Record&) {
    if (std::exchange(appended, true)) return;
    log_->Append(0, "other", "2");
    executor_.RunReady();
  };
  auto subscription = Make(target, Options(), std::move(observer));
  log_->Append(0, "k", "1");
  executor_.RunReady();
  while (target.held() > 0) {
    target.Release();
    executor_.RunReady();
  }
  EXPECT_EQ(target.BodiesOf("k"), Bodies{"1"});
  EXPECT_EQ(target.BodiesOf("other"), Bodies{"2"});
}

// Real threads: answers come from a thread of the target's while steps run on two others.
TEST_P(PlainLogTest, ThreadsOfTheTargetAndOfTheExecutorMeet) {
  for (const bool commits : {true, false}) {
    SystemClock clock;
    ThreadExecutor executor(2, clock);
    ThreadExecutor answers(2, clock);
    FakeLog log(2);
    Feed feed(log, executor);
    feed.Start();
    FakeTarget inner({.kind = commits ? BatchKind::kAtomic : BatchKind::kPerEntry,
                      .batch_records_max = 3,
                      .commits_state = commits});
    std::atomic<int> failures{0};
    if (!commits)
      inner.decide = [&](const Record&) {
        return ++failures % 50 == 0 ? EntryOutcome::kRetry : EntryOutcome::kTaken;  // so that keys are parked too
      };
    // Hands every batch to another thread, as a target behind a socket does.
    class Elsewhere final : public Target {
     public:
      Elsewhere(FakeTarget& target, Executor& threads) : target_(target), threads_(threads) {}
      const std::string& name() const override { return target_.name(); }
      const TargetTraits& traits() const override { return target_.traits(); }
      Status Open() override { return Ok(); }
      void Close() override {}
      void Write(std::span<const Record> batch, std::vector<StateRow> state, Done done) override {
        threads_.Post([this, batch, state = std::move(state), done = std::move(done)]() mutable {
          target_.Write(batch, std::move(state), std::move(done));
        });
      }

     private:
      FakeTarget& target_;
      Executor& threads_;
    } target(inner, answers);
    MemoryState state;
    SubscriptionOptions options = Options();
    options.park_after = 1;
    options.retry.backoff_initial = std::chrono::milliseconds(1);
    Subscription subscription(options, feed, target, state, executor, random_);
    ASSERT_TRUE(subscription.Start().ok());
    constexpr int kRecords = 3000;
    std::map<std::string, int> counts;
    for (int i = 0; i < kRecords; ++i) {
      const std::string key = fmt::format("k{}", i % 6);
      log.Append(i % 2, key, std::to_string(counts[key]++));
    }
    while (subscription.stats().delivered < kRecords) std::this_thread::yield();
    subscription.Stop();
    feed.Stop();
    answers.Stop();
    executor.Stop();
    ASSERT_EQ(inner.taken.size(), static_cast<std::size_t>(kRecords)) << "each once";
    for (const auto& [key, count] : counts) ASSERT_TRUE(InOrder(inner.BodiesOf(key), count)) << key;
  }
}

// A seek beside steps that join the feed, and beside another member that keeps the feed ahead: nothing is left out.
TEST_P(PlainLogTest, ASeekMeetsStepsThatJoin) {
  SystemClock clock;
  ThreadExecutor executor(2, clock);
  FakeLog log(2);
  Feed feed(log, executor);
  feed.Start();
  FakeTarget target({.kind = BatchKind::kPrefix, .batch_records_max = 50});
  FakeTarget other({.kind = BatchKind::kPrefix, .batch_records_max = 50});
  MemoryState state;
  SubscriptionOptions options = Options();
  Subscription sought(options, feed, target, state, executor, random_);
  options.id.name = "pipe/other";
  Subscription ahead(options, feed, other, state, executor, random_);
  ASSERT_TRUE(sought.Start().ok());
  ASSERT_TRUE(ahead.Start().ok());
  constexpr int kRecords = 600;
  for (int i = 0; i < kRecords; ++i) {
    log.Append(i % 2, i % 2 == 0 ? "even" : "odd", std::to_string(i / 2));
    if (i % 10 == 0) {
      ASSERT_TRUE(sought.Seek(Start::TrimHorizon()).ok());
    }
  }
  ASSERT_TRUE(sought.Seek(Start::TrimHorizon()).ok());
  while (!sought.stats().caught_up || sought.stats().window > 0) std::this_thread::yield();
  // Caught up with the feed, which may itself not have come to the end of the log.
  while (ahead.stats().delivered < kRecords) std::this_thread::yield();
  sought.Stop();
  ahead.Stop();
  feed.Stop();
  executor.Stop();
  for (const char* key : {"even", "odd"}) {
    EXPECT_TRUE(InOrder(target.BodiesOf(key), kRecords / 2)) << key;
    EXPECT_TRUE(InOrder(other.BodiesOf(key), kRecords / 2)) << key;
  }
}

// Random faults and restarts at random moments: at least once, in order per key, and after a restart nothing that the
// checkpoint covers is missing.
TEST_P(SubscriptionTest, NothingIsLostOrReorderedUnderRandomFaults) {
  const std::uint64_t seed = SystemRandom().Next();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  SeededRandom random(seed);
  for (int round = 0; round < 150; ++round) {
    SCOPED_TRACE(fmt::format("round {}", round));
    MemoryState state;
    std::unique_ptr<TestLog> log;
    if (GetParam() == Shape::kScattered) {
      log = std::make_unique<testing::ScatteredLog>(3, random, clock_);
    } else {
      log = std::make_unique<FakeLog>(3, &clock_);
    }
    Feed feed(*log, executor_);
    feed.Start();
    const auto kind = static_cast<BatchKind>(random.Below(3));
    const bool commits = kind == BatchKind::kAtomic && random.Below(2) == 0;
    FakeTarget target({.kind = kind, .batch_records_max = 1 + random.Below(8), .commits_state = commits});
    target.store = &state;
    const bool poison = random.Below(3) == 0;  // some records are refused for good, until the end
    bool batch_fails = false;
    target.decide = [&](const Record& record) {
      if (poison && record.body.ends_with("7")) {
        batch_fails = true;
        return EntryOutcome::kReject;
      }
      if (kind == BatchKind::kAtomic) return batch_fails ? EntryOutcome::kRetry : EntryOutcome::kTaken;
      if (kind == BatchKind::kPrefix)
        return (batch_fails |= random.Below(10) == 0) ? EntryOutcome::kRetry : EntryOutcome::kTaken;
      return random.Below(5) == 0 ? EntryOutcome::kRetry : EntryOutcome::kTaken;
    };
    target.before = [&](std::span<const Record> batch) {
      batch_fails =
          kind == BatchKind::kAtomic &&
          (random.Below(4) == 0 ||
           (poison && std::ranges::any_of(batch, [](const Record& record) { return record.body.ends_with("7"); })));
    };
    SubscriptionOptions options = Options();
    options.window_records_max = 1 + random.Below(40);
    options.lanes_max = 1 + random.Below(4);
    options.park_after = 1 + static_cast<std::uint32_t>(random.Below(3));
    options.bisect = random.Below(4) == 0 && !poison ? Bisect::kOff : Bisect::kOn;
    options.parking.records_per_key_max = 1 + random.Below(30);
    options.parking.records_max = 1 + random.Below(100);
    std::map<std::string, int> appended;
    std::unique_ptr<Subscription> subscription;
    const auto start = [&] {
      subscription = std::make_unique<Subscription>(options, feed, target, state, executor_, random_);
      ASSERT_TRUE(subscription->Start().ok());
    };
    for (int step = 0; step < 200; ++step) {
      const auto action = random.Below(10);
      if (action < 5) {
        const int key = static_cast<int>(random.Below(12));
        const std::string name = fmt::format("k{}", key);
        log->Append(key % 3, name, std::to_string(appended[name]++));
      } else if (action == 5) {
        subscription.reset();  // with whatever checkpoint it had
      } else {
        target.down = random.Below(6) == 0;
        if (!subscription) start();
        executor_.RunReady();
        if (action > 7) executor_.RunNextTimer();
      }
    }
    target.down = false;
    target.decide = nullptr;
    target.before = nullptr;
    if (!subscription) start();
    for (int i = 0; i < 100; ++i) {
      RunFor(std::chrono::minutes(2));
      std::vector<std::uint64_t> numbers;
      const auto letters = *subscription->DeadLetters(0, 1000);
      for (const DeadLetter& letter : letters) numbers.push_back(letter.number);
      if (numbers.empty()) break;
      ASSERT_EQ(*subscription->Redrive(numbers), numbers.size());
    }
    for (const auto& [key, count] : appended) ASSERT_TRUE(InOrder(target.BodiesOf(key), count)) << key;
    const SubscriptionStats stats = subscription->stats();
    EXPECT_EQ(stats.window, 0u);
    EXPECT_EQ(stats.parked_records, 0u);
    EXPECT_EQ(stats.parked_keys, 0u);
    EXPECT_EQ(stats.dead_letters, 0u);
    subscription.reset();
    EXPECT_EQ(state.size(), 1u) << "only the checkpoint is left";
    feed.Stop();
  }
}

}  // namespace
}  // namespace millrace::flow
