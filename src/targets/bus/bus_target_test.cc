// BusTarget keeps the contract of targets; events carry the rules that matched, and the checkpoint is in their commit.
#include "targets/bus/bus_target.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "flow/bus_event.h"
#include "flow/testing/target_contract.h"
#include "pattern/pattern.h"
#include "store/memory_store.h"

namespace millrace::flow::testing {
namespace {

class EngineState final : public StateStore {
 public:
  explicit EngineState(engine::Engine& engine) : engine_(engine) {}
  Result<std::optional<std::string>> Load(std::string_view key) override { return engine_.ReadState(key); }
  Result<std::vector<StateRow>> Scan(std::string_view prefix, std::string_view after, std::size_t rows_max) override {
    ASSIGN_OR_RETURN(const auto rows, engine_.ScanState(prefix, after, rows_max));
    std::vector<StateRow> found;
    for (const engine::StateRow& row : rows) found.push_back({row.key, row.value});
    return found;
  }
  void Write(std::vector<StateRow> rows, Done done) override {
    std::vector<engine::StateRow> written;
    for (StateRow& row : rows) written.push_back({std::move(row.key), std::move(row.value)});
    engine_.WriteState(std::move(written), std::move(done));
  }

 private:
  engine::Engine& engine_;
};

class BusRig final : public TargetRig {
 public:
  explicit BusRig(std::optional<std::vector<pattern::RuleId>> only = std::nullopt) {
    engine_ = MUST(engine::Engine::Open({}, store_, clock_, random_));
    bus_ = MUST(engine_->CreateBus({"000000000000", "us-east-1"}, "crm", std::chrono::hours(24)));
    const auto number_is_one = MUST(pattern::Pattern::Parse(R"({"number":[1]})"));
    const auto key_is_a = MUST(pattern::Pattern::Parse(R"({"key":["a"]})"));
    EXPECT_TRUE(rules_.Add(7, number_is_one).ok());
    EXPECT_TRUE(rules_.Add(3, key_is_a).ok());
    target_ = std::make_unique<targets::BusTarget>(*engine_, *bus_, rules_, std::move(only));
    state_ = std::make_unique<EngineState>(*engine_);
  }
  ~BusRig() override { engine_->Stop(); }
  Target& target() override { return *target_; }
  StateStore& state() override { return *state_; }
  std::string Body(const std::string& key, int number) override {
    return fmt::format(R"({{"key":"{}","number":{}}})", key, number);
  }
  std::vector<BusEvent> Events() {
    std::vector<BusEvent> events;
    const auto page = MUST(engine_->ReadLog(bus_->id, bus_->shards[0].number, {.after = {}, .bytes_max = 1 << 30}));
    for (const engine::LogRecord& record : page.records) {
      const auto stored = MUST(engine::DecodeEvent(record));
      events.push_back(MUST(BusEvent::Decode(stored.value)));
    }
    return events;
  }
  std::vector<std::string> Effects() override {
    std::vector<std::string> bodies;
    for (const BusEvent& event : Events()) bodies.push_back(event.envelope);
    return bodies;
  }
  void Break() override { engine_->Stop(); }
  bool mends() const override { return false; }

 private:
  store::MemoryStore store_;
  ManualClock clock_;
  SeededRandom random_{3};
  std::unique_ptr<engine::Engine> engine_;
  std::shared_ptr<const engine::Log> bus_;
  pattern::Matcher rules_;
  std::unique_ptr<targets::BusTarget> target_;
  std::unique_ptr<EngineState> state_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Bus, TargetContract, ::testing::Types<BusRig>);

WriteReport WriteTo(BusRig& rig, const std::vector<Record>& batch, std::vector<StateRow> state = {}) {
  std::mutex mutex;
  std::condition_variable ready;
  std::optional<WriteReport> report;
  rig.target().Write(batch, std::move(state), [&](WriteReport given) {
    std::lock_guard lock(mutex);
    report = std::move(given);
    ready.notify_one();
  });
  std::unique_lock lock(mutex);
  ready.wait(lock, [&] { return report.has_value(); });
  return *std::move(report);
}

Record EventOf(std::string body) {
  Record record;
  record.id = "id";
  record.order_key = "key";
  record.body = std::move(body);
  return record;
}

TEST(BusTarget, EventsCarryTheRulesThatMatchedAndTheStateIsInTheirCommit) {
  BusRig rig;
  Record forwarded = EventOf(R"({"key":"b","number":2})");
  forwarded.forwarded = true;
  const auto report =
      WriteTo(rig, {EventOf(R"({"key":"a","number":1})"), EventOf(R"({"key":"a","number":2})"), forwarded},
              {{"fc-row", "checkpoint"}});
  EXPECT_EQ(report.entries.size(), 3u);
  const auto events = rig.Events();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].matched_rules, (std::vector<std::uint32_t>{3, 7}));
  EXPECT_EQ(events[1].matched_rules, (std::vector<std::uint32_t>{3}));
  EXPECT_TRUE(events[2].matched_rules.empty());
  EXPECT_EQ(events[0].order_key, "key");
  EXPECT_FALSE(events[0].forwarded);
  EXPECT_TRUE(events[2].forwarded);
  EXPECT_EQ(*rig.state().Load("fc-row"), "checkpoint");
}

TEST(BusTarget, AReplayMayBeForSomeRulesOnly) {
  BusRig rig(std::vector<pattern::RuleId>{7});
  WriteTo(rig, {EventOf(R"({"key":"a","number":1})")});
  EXPECT_EQ(rig.Events()[0].matched_rules, (std::vector<std::uint32_t>{7}));
}

TEST(BusTarget, WhatIsNoEventIsRejectedAndNothingOfItsBatchIsAppended) {
  BusRig rig;
  const auto report = WriteTo(rig, {EventOf("{}"), EventOf("{"), EventOf("{}")}, {{"fc-row", "checkpoint"}});
  EXPECT_EQ(report.entries[1], EntryOutcome::kReject);
  EXPECT_TRUE(rig.Events().empty());
  EXPECT_EQ(*rig.state().Load("fc-row"), std::nullopt);
}

}  // namespace
}  // namespace millrace::flow::testing
