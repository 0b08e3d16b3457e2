// Feed: every member gets what concerns it, once, whenever it joins or leaves; an event costs those nothing whom it
// does not concern.
#include "flow/feed.h"

#include <gtest/gtest.h>

#include "flow/testing/subscription_fixture.h"

namespace millrace::flow {
namespace {

using testing::FakeLog;
using testing::FakeTarget;
using testing::Shape;

class FeedTest : public testing::SubscriptionTest {};
INSTANTIATE_TEST_SUITE_P(, FeedTest, ::testing::Values(Shape::kOrdered, Shape::kScattered), testing::ShapeName);

TEST_P(FeedTest, OneReaderServesMany) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 1});
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  for (int i = 0; i < 50; ++i) {
    SubscriptionOptions options = Options();
    options.id.name = fmt::format("pipe/{}", i);
    subscriptions.push_back(Make(target, options));
  }
  auto* log = dynamic_cast<FakeLog*>(log_.get());
  const int before = log == nullptr ? 0 : log->reads;
  for (int i = 0; i < 10; ++i) {
    log_->Append(0, "k", std::to_string(i));
    executor_.RunReady();
  }
  EXPECT_EQ(target.taken.size(), 500u);
  if (log != nullptr) {
    EXPECT_LE(log->reads - before, 20) << "not fifty times as many";
  }
}

TEST_P(FeedTest, WhoNamesRulesGetsTheirEventsAndNothingElse) {
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 1});
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  for (std::uint32_t i = 0; i < 3; ++i) {
    SubscriptionOptions options = Options();
    options.id.name = fmt::format("rule/{}", i);
    options.interest = {.everything = false, .rules = {i, i + 10}};
    options.transform = [i](Record& record) -> Result<Verdict> {
      record.body += fmt::format("@{}", i);
      return Verdict::kDeliver;
    };
    subscriptions.push_back(Make(target, options));
  }
  log_->AppendMatched({1, 11}, "a");
  log_->AppendMatched({}, "b");
  log_->AppendMatched({0, 2, 12}, "c");
  executor_.RunReady();
  std::multiset<std::string> bodies;
  for (const Record& record : target.taken) bodies.insert(record.body);
  EXPECT_EQ(bodies, (std::multiset<std::string>{"a@1", "c@0", "c@2"})) << "once, however many of its rules match";
  // And its checkpoint follows the log though nothing more concerns it.
  log_->AppendMatched({}, "d");
  executor_.RunReady();
  RunFor(std::chrono::seconds(10));
  target.taken.clear();
  auto everything = Make(target, Options());
  ASSERT_EQ(target.taken.size(), 4u);
  for (const auto& subscription : subscriptions) EXPECT_EQ(subscription->position(), everything->position());
}

TEST_P(FeedTest, OneThatFallsBehindHoldsNobodyUpAndComesBack) {
  FakeTarget fast({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  FakeTarget slow({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  slow.down = true;
  SubscriptionOptions options = Options();
  options.window_records_max = 20;
  auto first = Make(fast, options);
  options.id.name = "pipe/slow";
  auto second = Make(slow, options);
  for (int i = 0; i < 300; ++i) {
    log_->Append(0, fmt::format("k{}", i % 5), std::to_string(i / 5));
    executor_.RunReady();
  }
  EXPECT_EQ(fast.taken.size(), 300u);
  EXPECT_LE(second->stats().window, 20u);
  EXPECT_FALSE(second->stats().caught_up);
  slow.down = false;
  RunFor(std::chrono::minutes(2));
  EXPECT_EQ(slow.taken.size(), 300u);
  EXPECT_TRUE(second->stats().caught_up);
  for (int key = 0; key < 5; ++key) EXPECT_TRUE(testing::InOrder(slow.BodiesOf(fmt::format("k{}", key)), 60));
  log_->Append(0, "k0", "60");
  executor_.RunReady();
  EXPECT_EQ(slow.taken.size(), 301u);
}

// A log whose records have no body until it is asked for one, and which lets something happen while it is read.
class TerseLog final : public Log {
 public:
  const std::string& name() const override { return log.name(); }
  Result<Position> Resolve(const Start& start) override { return log.Resolve(start); }
  Result<LogBatch> Read(const Position& from, const ReadLimits& limits) override {
    auto batch = log.Read(from, limits);
    if (during_read) std::exchange(during_read, nullptr)();
    return batch;
  }
  void Describe(Record& record) const override { record.body = "the body of " + record.id; }
  std::uint64_t Watch(std::function<void()> wake) override { return log.Watch(std::move(wake)); }
  void Unwatch(std::uint64_t id) override { log.Unwatch(id); }

  FakeLog log{1};
  std::function<void()> during_read;
};

class Listener final : public FeedMember {
 public:
  bool Take(MemberId, Offer offer) override {
    for (const SharedRecord& record : offer.records) bodies.push_back(record->body);
    return true;
  }
  void Pass(MemberId, const Position&) override {}

  std::vector<std::string> bodies;
};

TEST_P(FeedTest, WhoJoinsDuringAReadAndWantsBodiesGetsThem) {
  TerseLog terse;
  Feed feed(terse, executor_);
  feed.Start();
  const auto first = std::make_shared<Listener>();
  const auto second = std::make_shared<Listener>();
  Position start;
  start.Set("0", "0");
  ASSERT_TRUE(feed.Join(first, {.bodies = false}, start).has_value());
  executor_.RunReady();
  terse.during_read = [&] { ASSERT_TRUE(feed.Join(second, {.bodies = true}, start).has_value()); };
  terse.log.Append(0, "k", "");
  executor_.RunReady();
  ASSERT_EQ(first->bodies.size(), 1u);
  EXPECT_EQ(second->bodies, (std::vector<std::string>{"the body of 0/1"}));
  feed.Stop();
}

// Members join, fall out, pause and leave at random while records come: each sees each record of its interest once.
TEST_P(FeedTest, NobodyMissesOrRepeatsAnythingWhoeverComesAndGoes) {
  const std::uint64_t seed = SystemRandom().Next();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  SeededRandom random(seed);
  for (int round = 0; round < 40; ++round) {
    struct Reader {
      std::unique_ptr<FakeTarget> target;
      std::unique_ptr<Subscription> subscription;
      std::uint32_t rule;
      bool paused = false;
    };
    std::vector<Reader> readers;
    std::vector<int> matched(4, 0);
    for (std::uint32_t i = 0; i < 6; ++i) {
      Reader& reader = readers.emplace_back();
      reader.target = std::make_unique<FakeTarget>(
          TargetTraits{.kind = BatchKind::kPrefix, .batch_records_max = 1 + random.Below(5)});
      reader.rule = i % 4;
      SubscriptionOptions options = Options();
      options.id.name = fmt::format("rule/{}/{}", round, i);
      options.window_records_max = 1 + random.Below(30);
      options.start = Start::Latest();
      options.interest = {.everything = i >= 4, .rules = {}};
      if (i < 4) options.interest.rules = {reader.rule};
      reader.subscription = Make(*reader.target, options);
    }
    int appended = 0;
    for (int step = 0; step < 150; ++step) {
      const auto action = random.Below(12);
      Reader& reader = readers[random.Below(readers.size())];
      if (action < 7) {
        std::vector<std::uint32_t> rules;
        for (std::uint32_t rule = 0; rule < 4; ++rule)
          if (random.Below(3) == 0) rules.push_back(rule);
        for (const std::uint32_t rule : rules) ++matched[rule];
        log_->AppendMatched(rules, std::to_string(appended++));
      } else if (action < 9) {
        executor_.RunReady();
      } else if (action == 9) {
        reader.target->down = !reader.target->down;
      } else if (action == 10) {
        reader.paused = !reader.paused;
        ASSERT_TRUE((reader.paused ? reader.subscription->Pause() : reader.subscription->Resume()).ok());
      } else {
        executor_.RunNextTimer();
      }
    }
    for (Reader& reader : readers) {
      reader.target->down = false;
      if (!reader.paused) continue;
      ASSERT_TRUE(reader.subscription->Resume().ok());
    }
    RunFor(std::chrono::minutes(5));
    for (std::size_t i = 0; i < readers.size(); ++i) {
      const auto& taken = readers[i].target->taken;
      const int expected = i >= 4 ? appended : matched[i];
      ASSERT_EQ(taken.size(), static_cast<std::size_t>(expected)) << "reader " << i << " in round " << round;
      std::set<std::string> distinct;
      for (const Record& record : taken) distinct.insert(record.id);
      ASSERT_EQ(distinct.size(), taken.size());
    }
    for (Reader& reader : readers) reader.subscription->Stop();
  }
}

}  // namespace
}  // namespace millrace::flow
