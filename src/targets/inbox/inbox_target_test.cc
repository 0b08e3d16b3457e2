// An inbox in front of a target: what was taken is not delivered again while it is remembered, what was not taken is,
// and two deliveries of one record never run beside each other.
#include "targets/inbox/inbox_target.h"

#include <gtest/gtest.h>

#include <condition_variable>

#include "base/check.h"
#include "flow/testing/fakes.h"
#include "store/memory_store.h"

namespace millrace::targets {
namespace {

using flow::EntryOutcome;
using flow::testing::FakeTarget;

class InboxTest : public ::testing::Test {
 protected:
  InboxTest() {
    engine_ = MUST(engine::Engine::Open({}, store_, clock_, random_));
    inbox_ = MUST(engine_->CreateTable(Table("inbox", std::nullopt)));
  }
  static engine::CreateTableRequest Table(std::string name, std::optional<model::KeyAttribute> sort) {
    engine::CreateTableRequest request;
    request.scope = {"000000000000", "us-east-1"};
    request.name = std::move(name);
    request.schema.partition = {"id", model::AttributeType::kS};
    request.schema.sort = std::move(sort);
    return request;
  }
  InboxTarget Make(FakeTarget& target, std::string consumer = "rule/r") {
    return InboxTarget({.consumer = std::move(consumer)}, *engine_, inbox_->id, target, clock_);
  }
  // Empty until it is done.
  using Outcome = std::shared_ptr<std::optional<flow::WriteReport>>;
  Outcome Begin(InboxTarget& inbox, const std::vector<flow::Record>& batch) {
    auto report = std::make_shared<std::optional<flow::WriteReport>>();
    inbox.Write(batch, {}, [this, report](flow::WriteReport given) {
      std::lock_guard lock(mutex_);
      *report = std::move(given);
      changed_.notify_all();
    });
    return report;
  }
  flow::WriteReport Await(const Outcome& outcome) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return outcome->has_value(); });
    return **outcome;
  }
  flow::WriteReport Write(InboxTarget& inbox, const std::string& id) {
    const std::vector<flow::Record> batch = {Record(id)};
    return Await(Begin(inbox, batch));
  }
  static flow::Record Record(const std::string& id) {
    flow::Record record;
    record.id = record.order_key = id;
    record.body = "{}";
    return record;
  }

  store::MemoryStore store_;
  ManualClock clock_;
  SeededRandom random_{5};
  std::unique_ptr<engine::Engine> engine_;
  std::shared_ptr<const engine::Table> inbox_;
  std::mutex mutex_;
  std::condition_variable changed_;
};

TEST_F(InboxTest, WhatWasTakenIsDoneWithoutTheTargetWhileItIsRemembered) {
  FakeTarget target({});
  InboxTarget inbox = Make(target);
  ASSERT_TRUE(inbox.Open().ok());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Write(inbox, "e1").entries[0], EntryOutcome::kTaken);
  EXPECT_EQ(target.writes, 1);
  EXPECT_EQ(Write(inbox, "e2").entries[0], EntryOutcome::kTaken);
  EXPECT_EQ(target.writes, 2);
  clock_.Advance(std::chrono::seconds(302));
  EXPECT_EQ(Write(inbox, "e1").entries[0], EntryOutcome::kTaken);
  EXPECT_EQ(target.writes, 3) << "forgotten";
}

TEST_F(InboxTest, WhatWasNotTakenIsDeliveredAgain) {
  FakeTarget target({});
  InboxTarget inbox = Make(target);
  int failures = 2;
  target.decide = [&](const flow::Record&) { return failures-- > 0 ? EntryOutcome::kRetry : EntryOutcome::kTaken; };
  EXPECT_EQ(Write(inbox, "e").entries[0], EntryOutcome::kRetry);
  EXPECT_EQ(Write(inbox, "e").entries[0], EntryOutcome::kRetry);
  EXPECT_EQ(Write(inbox, "e").entries[0], EntryOutcome::kTaken);
  EXPECT_EQ(Write(inbox, "e").entries[0], EntryOutcome::kTaken);
  EXPECT_EQ(target.taken.size(), 1u);
}

TEST_F(InboxTest, ConsumersDoNotMeet) {
  FakeTarget target({});
  InboxTarget one = Make(target, "rule/one");
  InboxTarget other = Make(target, "rule/other");
  EXPECT_EQ(Write(one, "e").entries[0], EntryOutcome::kTaken);
  EXPECT_EQ(Write(other, "e").entries[0], EntryOutcome::kTaken);
  EXPECT_EQ(target.writes, 2);
}

TEST_F(InboxTest, ARecordUnderWayIsNotDeliveredBesideUntilItsLockExpires) {
  FakeTarget target({});
  InboxTarget inbox = Make(target);
  target.hold = true;
  const std::vector<flow::Record> batch = {Record("e")};
  const Outcome first = Begin(inbox, batch);
  while (target.held() == 0) std::this_thread::yield();
  const flow::WriteReport second = Write(inbox, "e");
  EXPECT_EQ(second.entries[0], EntryOutcome::kRetry);
  EXPECT_TRUE(second.throttled) << "it costs no try";
  clock_.Advance(std::chrono::seconds(62));
  target.hold = false;
  EXPECT_EQ(Write(inbox, "e").entries[0], EntryOutcome::kTaken) << "whoever had it is taken to be gone";
  target.Release();
  EXPECT_EQ(Await(first).entries[0], EntryOutcome::kTaken);
}

TEST_F(InboxTest, ATableWithASortKeyIsNoInbox) {
  const auto table = MUST(engine_->CreateTable(Table("other", model::KeyAttribute{"sort", model::AttributeType::kS})));
  FakeTarget target({});
  InboxTarget inbox({.consumer = "c"}, *engine_, table->id, target, clock_);
  EXPECT_EQ(inbox.Open().error().code(), ErrorCode::kFailedPrecondition);
}

TEST_F(InboxTest, AnEngineThatHasStoppedIsATargetThatIsDown) {
  FakeTarget target({});
  InboxTarget inbox = Make(target);
  engine_->Stop();
  const flow::WriteReport report = Write(inbox, "e");
  EXPECT_EQ(report.entries[0], EntryOutcome::kRetry);
  EXPECT_TRUE(report.target_down);
  EXPECT_EQ(target.writes, 0);
}

}  // namespace
}  // namespace millrace::targets
