// TargetContract is the suite that every Target passes: a test program gives it a rig that holds one, and can look at
// what it did and take away what it stands on.
//
//   using Rigs = ::testing::Types<FileRig>;
//   INSTANTIATE_TYPED_TEST_SUITE_P(File, TargetContract, Rigs);
//
// Include it in one source file of a test program.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "flow/subscription.h"
#include "flow/testing/fakes.h"

namespace millrace::flow::testing {

class TargetRig {
 public:
  virtual ~TargetRig() = default;
  virtual Target& target() = 0;
  // A body that the target takes, and that Effects gives back.
  virtual std::string Body(const std::string& key, int number) = 0;
  // What has taken effect, as bodies, in its order. What is there only once however often it comes may stand once.
  virtual std::vector<std::string> Effects() = 0;
  // From now on nothing can be delivered, as if a disk or a network were gone; and it is back.
  virtual void Break() = 0;
  virtual void Mend() {}
  // False: what is taken away stays away.
  virtual bool mends() const { return true; }
  // Where a target that commits state keeps it.
  virtual StateStore& state() { return state_; }

 private:
  MemoryState state_;
};

template <class Rig>
class TargetContract : public ::testing::Test {
 protected:
  TargetContract() { EXPECT_TRUE(rig_.target().Open().ok()); }

  Record Make(const std::string& key, int number) {
    Record record;
    record.shard = "shard-0";
    record.offset = std::to_string(++offset_);
    record.id = fmt::format("{:032x}", static_cast<unsigned>(offset_));
    record.order_key = key;
    record.time_ms = 1'767'225'600'000;
    record.body = rig_.Body(key, number);
    return record;
  }
  WriteReport Write(const std::vector<Record>& batch) {
    std::mutex mutex;
    std::condition_variable ready;
    std::optional<WriteReport> report;
    int calls = 0;
    rig_.target().Write(batch, {}, [&](WriteReport given) {
      std::lock_guard lock(mutex);
      ++calls;
      report = std::move(given);
      ready.notify_one();
    });
    std::unique_lock lock(mutex);
    ready.wait(lock, [&] { return report.has_value(); });
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(report->entries.size(), batch.size()) << "one answer for each record";
    return *std::move(report);
  }
  static bool AllTaken(const WriteReport& report) {
    return std::ranges::all_of(report.entries, [](EntryOutcome outcome) { return outcome == EntryOutcome::kTaken; });
  }

  Rig rig_;
  int offset_ = 0;
};

TYPED_TEST_SUITE_P(TargetContract);

TYPED_TEST_P(TargetContract, OpensAndClosesMoreThanOnce) {
  EXPECT_TRUE(this->rig_.target().Open().ok());
  EXPECT_FALSE(this->rig_.target().name().empty());
  EXPECT_GE(this->rig_.target().traits().batch_records_max, 1u);
  EXPECT_TRUE(this->AllTaken(this->Write({this->Make("a", 0)})));
  this->rig_.target().Close();
  this->rig_.target().Close();
}

TYPED_TEST_P(TargetContract, TakesAFullBatchInItsOrder) {
  const TargetTraits& traits = this->rig_.target().traits();
  const std::size_t count = std::min<std::size_t>(traits.batch_records_max, 50);
  std::vector<Record> batch;
  std::vector<std::string> bodies;
  for (std::size_t i = 0; i < count; ++i) {
    batch.push_back(this->Make(fmt::format("k{:02}", i), static_cast<int>(i)));
    bodies.push_back(batch.back().body);
  }
  EXPECT_TRUE(this->AllTaken(this->Write(batch)));
  auto effects = this->rig_.Effects();
  if (traits.kind == BatchKind::kPerEntry) std::ranges::sort(effects);  // each of another key: no order among them
  if (traits.kind == BatchKind::kPerEntry) std::ranges::sort(bodies);
  EXPECT_EQ(effects, bodies);
}

TYPED_TEST_P(TargetContract, WhatIsBrokenIsReportedAndNothingIsTaken) {
  this->rig_.Break();
  const auto report = this->Write({this->Make("a", 0)});
  EXPECT_FALSE(this->AllTaken(report));
  EXPECT_EQ(report.entries[0], EntryOutcome::kRetry) << "the record is not at fault";
  EXPECT_TRUE(report.target_down);
  ASSERT_TRUE(report.error.has_value());
  EXPECT_FALSE(report.error->message().empty());
  EXPECT_TRUE(this->rig_.Effects().empty());
  if (!this->rig_.mends()) return;
  this->rig_.Mend();
  const Record record = this->Make("a", 1);
  EXPECT_TRUE(this->AllTaken(this->Write({record})));
  EXPECT_EQ(this->rig_.Effects(), std::vector{record.body});
}

TYPED_TEST_P(TargetContract, LanesWriteAtOnce) {
  std::vector<std::vector<Record>> batches;
  for (int lane = 0; lane < 20; ++lane) batches.push_back({this->Make(fmt::format("k{}", lane), lane)});
  std::mutex mutex;
  std::condition_variable ready;
  std::size_t answers = 0;
  for (const auto& batch : batches) {
    this->rig_.target().Write(batch, {}, [&](const WriteReport& report) {
      EXPECT_EQ(report.entries, std::vector{EntryOutcome::kTaken});
      std::lock_guard lock(mutex);
      ++answers;
      ready.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  ready.wait(lock, [&] { return answers == batches.size(); });
  EXPECT_EQ(this->rig_.Effects().size(), batches.size());
}

TYPED_TEST_P(TargetContract, CloseAnswersWhatIsUnderWay) {
  std::mutex mutex;
  std::condition_variable ready;
  int answers = 0;
  const std::vector<Record> batch = {this->Make("a", 0)};
  this->rig_.target().Write(batch, {}, [&](const WriteReport&) {
    std::lock_guard lock(mutex);
    ++answers;
    ready.notify_one();
  });
  this->rig_.target().Close();
  std::unique_lock lock(mutex);
  ready.wait(lock, [&] { return answers == 1; });
}

// A subscription over it, whole: nothing is lost and nothing out of order, also when the target goes away in between.
TYPED_TEST_P(TargetContract, ASubscriptionDeliversEverythingInOrderWhateverHappensToIt) {
  SystemClock clock;
  ThreadExecutor executor(2, clock);
  FakeLog log(2, &clock);
  Feed feed(log, executor);
  feed.Start();
  SeededRandom random(5);
  SubscriptionOptions options;
  options.id = {"000000000000", "us-east-1", "pipe/contract", "arn"};
  options.start = Start::TrimHorizon();
  options.retry.backoff_initial = std::chrono::milliseconds(2);
  options.retry.backoff_max = std::chrono::milliseconds(20);
  constexpr int kKeys = 5;
  constexpr int kRounds = 40;
  {
    Subscription subscription(options, feed, this->rig_.target(), this->rig_.state(), executor, random);
    ASSERT_TRUE(subscription.Start().ok());
    for (int number = 0; number < kRounds; ++number) {
      if (number == kRounds / 3 && this->rig_.mends()) {
        this->rig_.Break();
        log.Append(0, "k0", this->rig_.Body("k0", -1));
        while (subscription.state() != SubscriptionState::kBackingOff) std::this_thread::yield();
        this->rig_.Mend();
      }
      for (int key = 0; key < kKeys; ++key)
        log.Append(key % 2, fmt::format("k{}", key), this->rig_.Body(fmt::format("k{}", key), number));
    }
    while (subscription.stats().delivered < kKeys * kRounds || subscription.stats().window > 0)
      std::this_thread::yield();
    subscription.Stop();
  }
  feed.Stop();
  executor.Stop();
  const auto effects = this->rig_.Effects();
  for (int key = 0; key < kKeys; ++key) {
    int next = 0;
    for (const std::string& effect : effects)
      if (next < kRounds && effect == this->rig_.Body(fmt::format("k{}", key), next)) ++next;
    EXPECT_EQ(next, kRounds) << "k" << key;
  }
}

REGISTER_TYPED_TEST_SUITE_P(TargetContract, OpensAndClosesMoreThanOnce, TakesAFullBatchInItsOrder,
                            WhatIsBrokenIsReportedAndNothingIsTaken, LanesWriteAtOnce, CloseAnswersWhatIsUnderWay,
                            ASubscriptionDeliversEverythingInOrderWhateverHappensToIt);

}  // namespace millrace::flow::testing
