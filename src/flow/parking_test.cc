// Parked keys and dead letters: a failing key lets the others flow and keeps its own order, across restarts, limits,
// redrives; what is given up is kept whole.
#include <gtest/gtest.h>

#include "flow/parked_record.h"
#include "flow/testing/subscription_fixture.h"

namespace millrace::flow {
namespace {

using testing::Bodies;
using testing::FakeTarget;
using testing::InOrder;
using testing::Shape;

class ParkingTest : public testing::SubscriptionTest {};
INSTANTIATE_TEST_SUITE_P(, ParkingTest, ::testing::Values(Shape::kOrdered, Shape::kScattered), testing::ShapeName);

// Fails the records of key "bad" until told otherwise.
struct Failing {
  explicit Failing(FakeTarget& target, EntryOutcome outcome = EntryOutcome::kRetry) {
    target.decide = [this, outcome](const Record& record) {
      return failing && record.order_key == "bad" ? outcome : EntryOutcome::kTaken;
    };
  }
  bool failing = true;
};

TEST_P(ParkingTest, AParkedKeyKeepsItsOrderWhileTheOthersAndTheCheckpointGoOn) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  Failing bad(target);
  SubscriptionOptions options = Options();
  options.window_records_max = 20;
  auto subscription = Make(target, options);
  for (int i = 0; i < 100; ++i) {
    log_->Append(0, "bad", std::to_string(i));
    log_->Append(0, "good", std::to_string(i));
    executor_.RunReady();
    executor_.RunNextTimer();
  }
  RunFor(std::chrono::minutes(2));
  EXPECT_TRUE(InOrder(target.BodiesOf("good"), 100)) << "five windows full of a failing key do not stop the others";
  EXPECT_EQ(subscription->stats().parked_keys, 1u);
  EXPECT_EQ(subscription->stats().parked_records, 100u);
  EXPECT_EQ(subscription->stats().window, 0u);

  // A restart finds them, and does not park them twice.
  subscription.reset();
  subscription = Make(target, options);
  RunFor(std::chrono::minutes(2));
  EXPECT_EQ(subscription->stats().parked_records, 100u);
  EXPECT_EQ(target.BodiesOf("good").size(), 100u);
  log_->Append(0, "bad", "100");
  executor_.RunReady();
  bad.failing = false;
  RunFor(std::chrono::minutes(2));
  EXPECT_EQ(target.BodiesOf("bad").size(), 101u);
  EXPECT_TRUE(InOrder(target.BodiesOf("bad"), 101));
  EXPECT_EQ(subscription->stats().parked_keys, 0u);
  subscription.reset();
  EXPECT_EQ(state_.size(), 1u) << "only the checkpoint is left";
}

TEST_P(ParkingTest, WhatWasParkedBeforeACrashIsNotParkedTwice) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  Failing bad(target);
  SubscriptionOptions options = Options();
  options.park_after = 1;
  for (int i = 0; i < 5; ++i) log_->Append(0, "bad", std::to_string(i));
  const std::string key = options.id.StateKey("fc");
  {
    auto subscription = Make(target, options);
    ASSERT_EQ(subscription->stats().parked_records, 5u);
  }
  // The crash came before the checkpoint: the rows are there, the watermark is not.
  ASSERT_TRUE(WriteAndWait(state_, {{key, Checkpoint().Encode()}}).ok());
  auto subscription = Make(target, options);
  EXPECT_EQ(subscription->stats().parked_records, 5u);
  bad.failing = false;
  RunFor(std::chrono::minutes(2));
  EXPECT_EQ(target.BodiesOf("bad"), (Bodies{"0", "1", "2", "3", "4"}));
}

TEST_P(ParkingTest, TheTriesAreRememberedOverRestarts) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  Failing bad(target);
  SubscriptionOptions options = Options();
  options.park_after = 1;
  options.retry.retries_max = 9;
  log_->Append(0, "bad", "0");
  for (int restart = 0; restart < 5; ++restart) {
    auto subscription = Make(target, options);
    const int before = target.writes;
    while (target.writes < before + 1 && executor_.RunNextTimer()) {
    }
  }
  auto subscription = Make(target, options);
  RunFor(std::chrono::minutes(10));
  ASSERT_EQ(Letters(*subscription).size(), 1u);
  EXPECT_EQ(Letters(*subscription)[0].attempts, 10u);
  EXPECT_EQ(target.writes, 10) << "ten tries in all";
}

TEST_P(ParkingTest, AtItsLimitsReadingStopsAndNothingIsLost) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  Failing bad(target);
  SubscriptionOptions options = Options();
  options.window_records_max = 30;
  options.parking.records_per_key_max = 40;
  for (int i = 0; i < 500; ++i) log_->Append(0, "bad", std::to_string(i));
  auto subscription = Make(target, options);
  RunFor(std::chrono::minutes(5));
  EXPECT_EQ(subscription->stats().parked_records, 40u);
  EXPECT_LE(subscription->stats().window, 30u);
  EXPECT_LE(subscription->stats().read, 70u);
  bad.failing = false;
  RunFor(std::chrono::minutes(5));
  EXPECT_TRUE(InOrder(target.BodiesOf("bad"), 500));
  EXPECT_EQ(target.BodiesOf("bad").size(), 500u);
}

TEST_P(ParkingTest, ARejectedRecordIsADeadLetterThatHoldsItsKeyUntilItIsRedriven) {
  for (const BatchKind kind : {BatchKind::kPerEntry, BatchKind::kPrefix, BatchKind::kAtomic}) {
    for (const bool commits : {false, true}) {
      if (commits && kind != BatchKind::kAtomic) continue;
      SCOPED_TRACE(fmt::format("kind {} commits {}", static_cast<int>(kind), commits));
      FakeTarget target({.kind = kind, .batch_records_max = 10, .commits_state = commits});
      bool failing = true;
      bool batch_fails = false;
      const std::string key = fmt::format("{}{}", static_cast<int>(kind), commits);
      const auto poison = [&](const Record& record) {
        return failing && record.order_key == key && record.body == "2";
      };
      target.before = [&](std::span<const Record> batch) {
        batch_fails = kind == BatchKind::kAtomic && std::ranges::any_of(batch, poison);
      };
      target.decide = [&](const Record& record) {
        batch_fails |= poison(record);
        if (poison(record)) return EntryOutcome::kReject;
        return batch_fails && kind != BatchKind::kPerEntry ? EntryOutcome::kRetry : EntryOutcome::kTaken;
      };
      SubscriptionOptions options = Options();
      options.id.name = "pipe/" + key;
      options.start = Start::Latest();
      auto subscription = Make(target, options);
      for (int i = 0; i < 6; ++i) {
        log_->Append(0, key, std::to_string(i));
        log_->Append(0, "good", std::to_string(i));
      }
      RunFor(std::chrono::minutes(1));
      EXPECT_EQ(target.BodiesOf(key), (Bodies{"0", "1"}));
      EXPECT_EQ(target.BodiesOf("good").size(), 6u);
      auto letters = Letters(*subscription);
      ASSERT_EQ(letters.size(), 1u) << "once";
      EXPECT_EQ(letters[0].record.body, "2");
      EXPECT_EQ(letters[0].record.order_key, key);
      EXPECT_EQ(letters[0].reason, DeadReason::kRejected);
      EXPECT_EQ(letters[0].attempts, 1u);
      EXPECT_TRUE(letters[0].holds_key);
      EXPECT_EQ(letters[0].cause, "no");
      EXPECT_EQ(subscription->stats().held_keys, 1u);

      subscription.reset();
      subscription = Make(target, options);
      log_->Append(0, key, "6");
      RunFor(std::chrono::minutes(1));
      EXPECT_EQ(target.BodiesOf(key), (Bodies{"0", "1"})) << "held over a restart";
      failing = false;
      EXPECT_EQ(*subscription->Redrive({letters[0].number}), 1u);
      RunFor(std::chrono::minutes(1));
      EXPECT_EQ(target.BodiesOf(key), (Bodies{"0", "1", "2", "3", "4", "5", "6"})) << "behind nothing that it precedes";
      EXPECT_TRUE(Letters(*subscription).empty());
      EXPECT_EQ(subscription->stats().parked_keys, 0u);
    }
  }
}

TEST_P(ParkingTest, EachDeadLetterOfABatchHasItsOwnCause) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  target.decide = [](const Record& record) {
    return record.body == "good" ? EntryOutcome::kTaken : EntryOutcome::kReject;
  };
  target.cause = [](const Record& record) { return InvalidArgument("{} is not good", record.body); };
  for (const std::string body : {"good", "x", "good", "y", "z"}) log_->Append(0, "own cause " + body, body);
  auto subscription = Make(target, Options());
  RunFor(std::chrono::minutes(1));
  std::vector<std::string> causes;
  for (const DeadLetter& letter : Letters(*subscription)) causes.push_back(letter.cause);
  EXPECT_EQ(causes, (Bodies{"x is not good", "y is not good", "z is not good"}));
}

TEST_P(ParkingTest, ADroppedDeadLetterLetsItsKeyGoOn) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  target.decide = [](const Record& record) {
    return record.body == "1" || record.body == "3" ? EntryOutcome::kReject : EntryOutcome::kTaken;
  };
  for (int i = 0; i < 5; ++i) log_->Append(0, "k", std::to_string(i));
  auto subscription = Make(target, Options());
  EXPECT_EQ(target.BodiesOf("k"), Bodies{"0"});
  EXPECT_EQ(*subscription->Drop({1}), 1u);
  RunFor(std::chrono::minutes(1));
  EXPECT_EQ(target.BodiesOf("k"), (Bodies{"0", "2"}));
  EXPECT_EQ(*subscription->Drop({2}), 1u);
  EXPECT_EQ(*subscription->Drop({2}), 0u);
  RunFor(std::chrono::minutes(1));
  EXPECT_EQ(target.BodiesOf("k"), (Bodies{"0", "2", "4"}));
}

TEST_P(ParkingTest, WithContinueTheKeyGoesOnAndARedriveKeepsTheLettersOrder) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  Failing bad(target, EntryOutcome::kReject);
  SubscriptionOptions options = Options();
  options.after_failure = AfterFailure::kContinue;
  for (int i = 0; i < 3; ++i) log_->Append(0, "bad", std::to_string(i));
  auto subscription = Make(target, options);
  ASSERT_EQ(Letters(*subscription).size(), 3u);
  EXPECT_FALSE(Letters(*subscription)[0].holds_key);
  EXPECT_EQ(subscription->stats().window, 0u);
  bad.failing = false;
  log_->Append(0, "bad", "3");
  executor_.RunReady();
  EXPECT_EQ(target.BodiesOf("bad"), Bodies{"3"});
  EXPECT_EQ(*subscription->Redrive({3, 1, 2}), 3u);
  log_->Append(0, "bad", "4");
  RunFor(std::chrono::minutes(1));
  EXPECT_EQ(target.BodiesOf("bad"), (Bodies{"3", "0", "1", "2", "4"}));
}

TEST_P(ParkingTest, ARedriveWaitsForTheBatchThatIsUnderWay) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  target.decide = [](const Record& record) {
    return record.body == "0" ? EntryOutcome::kReject : EntryOutcome::kTaken;
  };
  SubscriptionOptions options = Options();
  options.after_failure = AfterFailure::kContinue;
  log_->Append(0, "k", "0");
  auto subscription = Make(target, options);
  ASSERT_EQ(Letters(*subscription).size(), 1u);
  target.decide = nullptr;
  target.hold = true;
  log_->Append(0, "k", "1");
  executor_.RunReady();
  log_->Append(0, "k", "2");
  executor_.RunReady();
  EXPECT_EQ(*subscription->Redrive({1}), 1u);
  executor_.RunReady();
  target.hold = false;
  target.Release();
  executor_.RunReady();
  RunFor(std::chrono::minutes(1));
  EXPECT_EQ(target.BodiesOf("k"), (Bodies{"1", "0", "2"}));
}

TEST_P(ParkingTest, RetriesAndAgeEndAsDeadLettersWithTheirReason) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  Failing bad(target);
  SubscriptionOptions options = Options();
  options.after_failure = AfterFailure::kContinue;
  options.retry.retries_max = 3;
  log_->Append(0, "bad", "tries");
  auto subscription = Make(target, options);
  RunFor(std::chrono::minutes(5));
  ASSERT_EQ(Letters(*subscription).size(), 1u);
  EXPECT_EQ(Letters(*subscription)[0].reason, DeadReason::kRetriesExhausted);
  EXPECT_EQ(Letters(*subscription)[0].attempts, 4u);
  EXPECT_EQ(target.writes, 4);
  subscription->Stop();

  options.retry.retries_max.reset();
  options.retry.age_max = std::chrono::hours(1);
  log_->Append(0, "bad", "time");
  target.down = true;  // whatever the reason for which it is not delivered
  auto again = Make(target, options);
  RunFor(std::chrono::minutes(59));
  EXPECT_EQ(Letters(*again).size(), 1u);
  RunFor(std::chrono::minutes(3));
  ASSERT_EQ(Letters(*again).size(), 2u);
  EXPECT_EQ(Letters(*again)[1].reason, DeadReason::kAgeExceeded);
}

TEST_P(ParkingTest, ATransformThatFailsMakesADeadLetterOfTheRecordAsItWas) {
  FakeTarget target({.kind = BatchKind::kAtomic, .batch_records_max = 10, .commits_state = true});
  SubscriptionOptions options = Options();
  bool broken = true;
  options.transform = [&](Record& record) -> Result<Verdict> {
    if (broken && record.body == "1") return Err(ErrorCode::kInvalidArgument, {}, "no such path");
    record.body = "<" + record.body + ">";
    return Verdict::kDeliver;
  };
  for (int i = 0; i < 4; ++i) {
    log_->Append(0, "k", std::to_string(i));
    log_->Append(0, fmt::format("other{}", i), "x");
  }
  auto subscription = Make(target, options);
  RunFor(std::chrono::minutes(1));
  EXPECT_EQ(target.BodiesOf("k"), Bodies{"<0>"});
  EXPECT_EQ(target.taken.size(), 5u);
  ASSERT_EQ(Letters(*subscription).size(), 1u);
  EXPECT_EQ(Letters(*subscription)[0].record.body, "1");
  EXPECT_EQ(Letters(*subscription)[0].cause, "no such path");
  broken = false;
  EXPECT_EQ(*subscription->Redrive({1}), 1u);
  RunFor(std::chrono::minutes(1));
  EXPECT_EQ(target.BodiesOf("k"), (Bodies{"<0>", "<1>", "<2>", "<3>"})) << "as the mended transform makes it";
}

TEST_P(ParkingTest, AParkedRecordThatIsSkippedInTheEndLeavesNoRow) {
  for (const bool commits : {false, true}) {
    FakeTarget target({.kind = BatchKind::kAtomic, .batch_records_max = 10, .commits_state = commits});
    bool skip = false;
    target.decide = [](const Record&) { return EntryOutcome::kRetry; };
    SubscriptionOptions options = Options();
    options.id.name = commits ? "pipe/commits" : "pipe/saves";
    options.park_after = 1;
    options.transform = [&](Record&) -> Result<Verdict> { return skip ? Verdict::kSkip : Verdict::kDeliver; };
    log_->Append(0, options.id.name, "0");
    auto subscription = Make(target, options);
    RunFor(std::chrono::seconds(1));
    ASSERT_GE(subscription->stats().parked_records, 1u);
    skip = true;
    RunFor(std::chrono::minutes(2));
    EXPECT_EQ(subscription->stats().parked_records, 0u);
    subscription->Stop();
    EXPECT_TRUE(state_.Scan(ParkedPrefix(options.id), "", 10)->empty()) << commits;
  }
}

TEST_P(ParkingTest, BisectionFindsThePoisonAndCostsTheOthersNothing) {
  FakeTarget target({.kind = BatchKind::kAtomic, .batch_records_max = 64});
  bool batch_fails = false;
  target.before = [&](std::span<const Record> batch) {
    batch_fails = std::ranges::any_of(batch, [](const Record& record) { return record.body == "poison"; });
  };
  target.decide = [&](const Record&) { return batch_fails ? EntryOutcome::kRetry : EntryOutcome::kTaken; };
  SubscriptionOptions options = Options();
  options.retry.retries_max = 2;
  for (int i = 0; i < 64; ++i) log_->Append(0, fmt::format("k{}", i), i == 37 ? "poison" : "fine");
  auto subscription = Make(target, options);
  RunFor(std::chrono::minutes(5));
  EXPECT_EQ(target.taken.size(), 63u);
  ASSERT_EQ(Letters(*subscription).size(), 1u);
  EXPECT_EQ(Letters(*subscription)[0].record.body, "poison");
  EXPECT_EQ(Letters(*subscription)[0].attempts, 3u) << "the splits are no tries";
  EXPECT_LE(target.writes, 40);
}

TEST_P(ParkingTest, WithoutBisectionABatchFailsAsAWhole) {
  FakeTarget target({.kind = BatchKind::kAtomic, .batch_records_max = 4});
  target.decide = [](const Record&) { return EntryOutcome::kRetry; };
  SubscriptionOptions options = Options();
  options.bisect = Bisect::kOff;
  options.retry.retries_max = 2;
  options.after_failure = AfterFailure::kContinue;
  for (int i = 0; i < 4; ++i) log_->Append(0, fmt::format("k{}", i % 2), std::to_string(i));
  auto subscription = Make(target, options);
  RunFor(std::chrono::minutes(5));
  EXPECT_EQ(Letters(*subscription).size(), 4u);
}

TEST_P(ParkingTest, TooLargeForTheTargetIsADeadLetterWithTheSizes) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10, .batch_bytes_max = 100});
  log_->Append(0, "k", std::string(101, 'x'));
  log_->Append(0, "other", std::string(100, 'x'));
  auto subscription = Make(target, Options());
  EXPECT_EQ(target.taken.size(), 1u);
  ASSERT_EQ(Letters(*subscription).size(), 1u);
  EXPECT_EQ(Letters(*subscription)[0].cause, "it has 101 bytes, and target/fake takes at most 100");
}

class FakeFailures final : public FailureDestination {
 public:
  explicit FakeFailures(testing::MemoryState& state) : state_(state) {}
  void Send(const DeadLetter& letter, std::vector<StateRow> rows, std::function<void(Status)> done) override {
    ++sends;
    if (broken) return done(Err(ErrorCode::kUnavailable, {}, "full"));
    letters.push_back(letter);
    state_.Write(std::move(rows), done);
  }
  std::vector<DeadLetter> letters;
  int sends = 0;
  bool broken = false;

 private:
  testing::MemoryState& state_;
};

TEST_P(ParkingTest, WhatIsGivenUpLeavesForTheFailureDestination) {
  for (const bool commits : {false, true}) {
    testing::MemoryState state;
    auto failures = std::make_shared<FakeFailures>(state);
    FakeTarget target({.kind = commits ? BatchKind::kAtomic : BatchKind::kPerEntry,
                       .batch_records_max = 1,
                       .commits_state = commits});
    target.store = &state;
    target.decide = [](const Record& record) {
      return record.body == "1" ? EntryOutcome::kReject : EntryOutcome::kTaken;
    };
    SubscriptionOptions options = Options();
    options.after_failure = AfterFailure::kContinue;
    options.on_failure = failures;
    const std::string key = commits ? "b" : "a";
    options.filter = [key](const Record& record) { return record.order_key == key; };
    Subscription subscription(options, *feed_, target, state, executor_, random_);
    ASSERT_TRUE(subscription.Start().ok());
    for (int i = 0; i < 4; ++i) log_->Append(0, key, std::to_string(i));
    failures->broken = true;
    executor_.RunReady();
    EXPECT_TRUE(failures->letters.empty());
    EXPECT_GT(failures->sends, 0);
    EXPECT_EQ(subscription.stats().dead_letters, 0u);
    failures->broken = false;
    RunTimers([&] { return !failures->letters.empty(); });
    executor_.RunReady();
    ASSERT_EQ(failures->letters.size(), 1u);
    EXPECT_EQ(failures->letters[0].record.body, "1");
    EXPECT_EQ(failures->letters[0].record.order_key, key);
    EXPECT_EQ(failures->letters[0].reason, DeadReason::kRejected);
    EXPECT_EQ(target.BodiesOf(key), (Bodies{"0", "2", "3"}));
    EXPECT_TRUE(Letters(subscription).empty());
    RunTimers([&] { return false; });
    subscription.Stop();
    EXPECT_EQ(state.size(), 1u) << "the checkpoint";
    executor_.RunReady();
  }
}

TEST_P(ParkingTest, AParkedRecordLeavesWithItsRow) {
  auto failures = std::make_shared<FakeFailures>(state_);
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  target.decide = [](const Record& record) { return record.body == "0" ? EntryOutcome::kRetry : EntryOutcome::kTaken; };
  SubscriptionOptions options = Options();
  options.after_failure = AfterFailure::kContinue;
  options.on_failure = failures;
  options.retry.retries_max = 6;
  auto subscription = Make(target, options);
  log_->Append(0, "a", "0");
  log_->Append(0, "a", "1");
  log_->Append(0, "c", "other");
  executor_.RunReady();
  RunTimers([&] { return false; });
  ASSERT_EQ(failures->letters.size(), 1u);
  EXPECT_EQ(failures->letters[0].attempts, 7u);
  EXPECT_EQ(failures->letters[0].reason, DeadReason::kRetriesExhausted);
  EXPECT_EQ(target.BodiesOf("a"), (Bodies{"1"}));
  EXPECT_EQ(subscription->stats().parked_records, 0u);
  subscription->Stop();
  EXPECT_EQ(state_.size(), 1u) << "the checkpoint";
}

TEST_P(ParkingTest, ARewindDoesNotDoubleWhatIsParked) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  Failing bad(target);
  SubscriptionOptions options = Options();
  options.park_after = 1;
  for (int i = 0; i < 3; ++i) log_->Append(0, "bad", std::to_string(i));
  log_->Append(0, "good", "0");
  auto subscription = Make(target, options);
  ASSERT_EQ(subscription->stats().parked_records, 3u);
  ASSERT_TRUE(subscription->Seek(Start::TrimHorizon()).ok());
  RunFor(std::chrono::minutes(1));
  EXPECT_EQ(subscription->stats().parked_records, 3u);
  EXPECT_EQ(target.BodiesOf("good"), (Bodies{"0", "0"}));
  bad.failing = false;
  RunFor(std::chrono::minutes(1));
  EXPECT_EQ(target.BodiesOf("bad"), (Bodies{"0", "1", "2"}));
}

TEST(ParkedRows, AreReadBackAndRefusedWhenTheyAreDamagedOrNewer) {
  const SubscriptionId id{"000000000000", "us-east-1", "pipe/p", "arn"};
  ParkedRecord parked;
  parked.record.shard = "shard-1";
  parked.record.offset = "17";
  parked.record.id = "id";
  parked.record.order_key = std::string("k\0\xff", 3);
  parked.record.time_ms = 1'700'000'000'000;
  parked.record.body = R"({"a":1})";
  parked.arrival = kFirstArrival + 3;
  parked.attempts = 300;
  parked.reason = "why";
  const std::string prefix = ParkedPrefix(id);
  const std::string key = ParkedKey(ParkedPrefix(prefix, parked.record.order_key), parked.arrival);
  const std::string value = parked.EncodeValue();
  const auto read = ParkedRecord::Decode(prefix, key, value);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->record.order_key, parked.record.order_key);
  EXPECT_EQ(read->arrival, parked.arrival);
  EXPECT_EQ(read->attempts, 300u);
  EXPECT_EQ(read->record.time_ms, parked.record.time_ms);
  EXPECT_EQ(read->record.body, parked.record.body);
  EXPECT_EQ(read->reason, "why");
  for (std::size_t cut = 0; cut < value.size(); ++cut)
    EXPECT_EQ(ParkedRecord::Decode(prefix, key, value.substr(0, cut)).error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(ParkedRecord::Decode(prefix, key + "x", value).error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(ParkedRecord::Decode(prefix, key, "\x02" + value.substr(1)).error().code(), ErrorCode::kUnimplemented);

  DeadLetter letter;
  letter.number = 9;
  letter.record = parked.record;
  letter.dead_ms = 5;
  letter.attempts = 2;
  letter.reason = DeadReason::kAgeExceeded;
  letter.holds_key = true;
  letter.cause = "late";
  const std::string dead_prefix = DeadLetterPrefix(id);
  const std::string dead = letter.EncodeValue();
  const auto again = DeadLetter::Decode(dead_prefix, DeadLetterKey(dead_prefix, 9), dead);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->number, 9u);
  EXPECT_EQ(again->record.order_key, parked.record.order_key);
  EXPECT_EQ(again->reason, DeadReason::kAgeExceeded);
  EXPECT_TRUE(again->holds_key);
  EXPECT_EQ(again->cause, "late");
  for (std::size_t cut = 0; cut < dead.size(); ++cut)
    EXPECT_FALSE(DeadLetter::Decode(dead_prefix, DeadLetterKey(dead_prefix, 9), dead.substr(0, cut)).ok());
}

}  // namespace
}  // namespace millrace::flow
