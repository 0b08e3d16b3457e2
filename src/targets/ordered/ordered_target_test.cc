// Proves that the versions of a stream go out first in order and without gaps, whatever the order of the changes,
// failures of the target, and dispatchers beside this one; that in order nothing is read; the gap policies; and the
// first version.
#include "targets/ordered/ordered_target.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "engine/testing/node.h"
#include "model/codec.h"

namespace millrace::targets {
namespace {

using engine::testing::MakeItem;
using engine::testing::N;
using engine::testing::S;
using flow::EntryOutcome;
using flow::Record;

// Takes what it is given, unless it is told to fail.
class SentTarget final : public flow::Target {
 public:
  const std::string& name() const override { return name_; }
  const flow::TargetTraits& traits() const override { return traits_; }
  Status Open() override { return Ok(); }
  void Write(std::span<const Record> batch, std::vector<flow::StateRow>, Done done) override {
    auto report = flow::WriteReport::AllTaken(batch.size());
    std::set<std::string> keys;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const model::Item& row = *batch[i].change->new_image;
      const std::string& id = *row.Find("pk")->s();
      EXPECT_TRUE(keys.insert(id).second) << "two of one stream at once";
      const EntryOutcome outcome = fate ? fate() : EntryOutcome::kTaken;
      report.entries[i] = outcome;
      if (outcome == EntryOutcome::kTaken || stores_and_fails)
        sent[id].push_back(std::stoll(row.Find("sk")->n()->ToString()));
      if (outcome != EntryOutcome::kTaken) report.error = Error(ErrorCode::kUnavailable, {}, "told to fail");
    }
    done(std::move(report));
  }
  void Close() override {}

  std::function<EntryOutcome()> fate;
  bool stores_and_fails = false;  // what fails may be there all the same
  std::map<std::string, std::vector<std::int64_t>> sent;

 private:
  const std::string name_ = "target/sent";
  const flow::TargetTraits traits_{.kind = flow::BatchKind::kPerEntry, .batch_records_max = 100};
};

class OrderedTargetTest : public ::testing::Test {
 protected:
  OrderedTargetTest() {
    events_ = node_.CreateTable("events", engine::testing::StringAndNumberKey());
    offsets_ = node_.CreateTable("offsets", {.partition = {"id", model::AttributeType::kS}, .sort = std::nullopt});
  }
  std::unique_ptr<OrderedTarget> Make(OrderedTargetOptions options = {}) {
    auto made = std::make_unique<OrderedTarget>(options, node_.engine(), events_->id, offsets_->id, sent_, clock_);
    EXPECT_TRUE(made->Open().ok());
    return made;
  }
  void Append(const std::string& id, std::int64_t version) {
    MUST(engine::testing::Write(node_.engine(),
                                engine::testing::Put(events_, MakeItem({{"pk", S(id)}, {"sk", N(version)}}))));
  }
  Record ChangeOf(const std::string& id, std::int64_t version) {
    Record record;
    record.id = fmt::format("{}/{}", id, version);
    record.order_key = id;
    record.time_ms = clock_.NowMillis();
    auto change = std::make_shared<model::Change>();
    change->keys = MakeItem({{"pk", S(id)}, {"sk", N(version)}});
    change->new_image = change->keys;
    record.change = std::move(change);
    return record;
  }
  static flow::WriteReport Write(OrderedTarget& target, std::vector<Record> batch) {
    std::promise<flow::WriteReport> done;
    auto report = done.get_future();
    target.Write(batch, {}, [&](flow::WriteReport given) { done.set_value(std::move(given)); });
    return report.get();
  }
  EntryOutcome Deliver(OrderedTarget& target, const std::string& id, std::int64_t version, std::string* why = nullptr) {
    auto report = Write(target, {ChangeOf(id, version)});
    if (why != nullptr) *why = report.error ? report.error->message() : "";
    return report.entries[0];
  }
  std::optional<std::int64_t> Offset(const std::string& id) {
    const auto row = MUST(node_.engine().Get(*offsets_, model::ItemKey(S(id), nullptr)));
    if (!row) return std::nullopt;
    return std::stoll(MUST(model::DecodeItem(*row)).Find("version")->n()->ToString());
  }
  void SetOffset(const std::string& id, std::int64_t version) {
    MUST(engine::testing::Write(node_.engine(),
                                engine::testing::Put(offsets_, MakeItem({{"id", S(id)}, {"version", N(version)}}))));
  }
  // First occurrences, in their order.
  static std::vector<std::int64_t> Firsts(const std::vector<std::int64_t>& versions) {
    std::vector<std::int64_t> firsts;
    for (const std::int64_t version : versions)
      if (std::ranges::find(firsts, version) == firsts.end()) firsts.push_back(version);
    return firsts;
  }

  engine::testing::TestNode node_;
  ManualClock clock_;
  engine::testing::TablePtr events_;
  engine::testing::TablePtr offsets_;
  std::shared_ptr<SentTarget> sent_ = std::make_shared<SentTarget>();
};

using Versions = std::vector<std::int64_t>;

TEST_F(OrderedTargetTest, InOrderNothingIsRead) {
  auto target = Make();
  for (std::int64_t version = 0; version < 100; ++version) {
    Append("a", version);
    EXPECT_EQ(Deliver(*target, "a", version), EntryOutcome::kTaken);
  }
  EXPECT_EQ(sent_->sent["a"].size(), 100u);
  EXPECT_EQ(Offset("a"), 99);
  EXPECT_EQ(target->reads(), 0u);
}

TEST_F(OrderedTargetTest, AChangeThatComesEarlyBringsThoseBeforeIt) {
  auto target = Make();
  for (const std::int64_t version : {0, 1, 2}) Append("a", version);
  EXPECT_EQ(Deliver(*target, "a", 2), EntryOutcome::kTaken);
  EXPECT_EQ(Deliver(*target, "a", 0), EntryOutcome::kTaken);
  EXPECT_EQ(Deliver(*target, "a", 1), EntryOutcome::kTaken);
  EXPECT_EQ(sent_->sent["a"], (Versions{0, 1, 2})) << "each once";
  EXPECT_EQ(target->reads(), 1u);
}

TEST_F(OrderedTargetTest, BehindAGapNothingIsSentUntilItIsClosed) {
  auto target = Make();
  for (const std::int64_t version : {0, 1, 3}) Append("a", version);
  std::string why;
  EXPECT_EQ(Deliver(*target, "a", 3, &why), EntryOutcome::kRetry);
  EXPECT_EQ(why, "version 2 of 'a' is missing before 3");
  EXPECT_EQ(sent_->sent["a"], (Versions{0, 1}));
  clock_.Advance(std::chrono::hours(100));
  EXPECT_EQ(Deliver(*target, "a", 3), EntryOutcome::kRetry);
  Append("a", 2);
  EXPECT_EQ(Deliver(*target, "a", 3), EntryOutcome::kTaken);
  EXPECT_EQ(sent_->sent["a"], (Versions{0, 1, 2, 3}));
}

TEST_F(OrderedTargetTest, AGapThatIsTooOldIsSkippedOrTheRecordGivenUp) {
  for (const std::int64_t version : {0, 2}) Append("a", version);
  const Record record = ChangeOf("a", 2);
  auto fails = Make({.gap = GapPolicy::kFail, .gap_after = std::chrono::minutes(1)});
  auto skips = Make({.gap = GapPolicy::kSkip, .gap_after = std::chrono::minutes(1)});
  EXPECT_EQ(Write(*fails, {record}).entries[0], EntryOutcome::kRetry);
  EXPECT_EQ(Write(*skips, {record}).entries[0], EntryOutcome::kRetry);
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_EQ(Write(*fails, {record}).entries[0], EntryOutcome::kReject);
  EXPECT_EQ(Write(*skips, {record}).entries[0], EntryOutcome::kTaken);
  EXPECT_EQ(Firsts(sent_->sent["a"]), (Versions{0, 2}));
  EXPECT_EQ(Offset("a"), 2);
}

TEST_F(OrderedTargetTest, TheFirstVersionIsSaidOrFound) {
  Append("zero", 0);
  Append("zero", 1);
  Append("one", 1);
  auto target = Make({.first = std::nullopt});
  EXPECT_EQ(Deliver(*target, "one", 1), EntryOutcome::kTaken);
  EXPECT_EQ(Deliver(*target, "zero", 1), EntryOutcome::kTaken);
  EXPECT_EQ(sent_->sent["zero"], (Versions{0, 1}));
  EXPECT_EQ(sent_->sent["one"], (Versions{1}));
  Append("five", 5);
  EXPECT_EQ(Deliver(*Make({.first = 5}), "five", 5), EntryOutcome::kTaken);
}

TEST_F(OrderedTargetTest, WhatTheTableOfOffsetsSaysCounts) {
  SetOffset("a", 7);  // by a dispatcher of another make, or by hand
  for (const std::int64_t version : {7, 8}) Append("a", version);
  auto target = Make();
  EXPECT_EQ(Deliver(*target, "a", 7), EntryOutcome::kTaken);
  EXPECT_EQ(Deliver(*target, "a", 8), EntryOutcome::kTaken);
  EXPECT_EQ(sent_->sent["a"], (Versions{8}));
}

TEST_F(OrderedTargetTest, TheTableOfOffsetsNeverGoesBack) {
  for (const std::int64_t version : {0, 1, 2, 3}) Append("a", version);
  auto slow = Make();
  EXPECT_EQ(Deliver(*slow, "a", 0), EntryOutcome::kTaken);
  SetOffset("a", 2);  // another was faster
  EXPECT_EQ(Deliver(*slow, "a", 1), EntryOutcome::kTaken) << "sent once more";
  EXPECT_EQ(Offset("a"), 2);
  EXPECT_EQ(Deliver(*slow, "a", 2), EntryOutcome::kTaken) << "it knows by now";
  EXPECT_EQ(sent_->sent["a"], (Versions{0, 1}));
}

TEST_F(OrderedTargetTest, MarkersRemovalsAndStrangeVersionsAreNotSent) {
  auto target = Make();
  EXPECT_EQ(Deliver(*target, "a", -1001), EntryOutcome::kTaken);
  Record removed = ChangeOf("a", 0);
  auto change = std::make_shared<model::Change>(*removed.change);
  change->kind = model::ChangeKind::kRemove;
  removed.change = change;
  EXPECT_EQ(Write(*target, {removed}).entries[0], EntryOutcome::kTaken);
  Record half = ChangeOf("a", 0);
  change = std::make_shared<model::Change>(*half.change);
  change->keys.Set("sk", model::AttributeValue(MUST(model::Number::Parse("1.5"))));
  half.change = change;
  EXPECT_EQ(Write(*target, {half}).entries[0], EntryOutcome::kReject);
  EXPECT_TRUE(sent_->sent.empty());
}

TEST_F(OrderedTargetTest, ARefusedVersionHoldsItsStreamOnly) {
  for (const std::int64_t version : {0, 1}) Append("a", version);
  Append("b", 0);
  auto target = Make();
  int calls = 0;
  sent_->fate = [&] { return calls++ == 0 ? EntryOutcome::kReject : EntryOutcome::kTaken; };
  const auto report = Write(*target, {ChangeOf("a", 0), ChangeOf("b", 0)});
  EXPECT_EQ(report.entries, (std::vector{EntryOutcome::kReject, EntryOutcome::kTaken}));
  EXPECT_EQ(sent_->sent.contains("a"), false);
  EXPECT_EQ(sent_->sent["b"], (Versions{0}));
  SetOffset("a", 0);  // left out by hand
  EXPECT_EQ(Deliver(*target, "a", 1), EntryOutcome::kTaken);
  EXPECT_EQ(sent_->sent["a"], (Versions{1}));
}

// Two dispatchers, changes in any order and again, sends that fail, or fail and are there all the same, restarts.
TEST_F(OrderedTargetTest, WhateverHappensFirstOccurrencesAreInOrderWithoutGaps) {
  constexpr std::uint64_t kSeed = 20260114;
  SeededRandom random(kSeed);
  constexpr int kStreams = 8;
  constexpr std::int64_t kVersions = 40;
  sent_->stores_and_fails = true;
  sent_->fate = [&] { return random.Below(5) == 0 ? EntryOutcome::kRetry : EntryOutcome::kTaken; };
  std::unique_ptr<OrderedTarget> targets[] = {Make(), Make()};
  std::vector<std::pair<int, std::int64_t>> writes;
  std::vector<std::pair<int, std::int64_t>> changes;  // not taken yet
  for (int stream = 0; stream < kStreams; ++stream)
    for (std::int64_t version = 0; version < kVersions; ++version) writes.emplace_back(stream, version);
  for (std::size_t i = writes.size(); i > 1; --i) std::swap(writes[i - 1], writes[random.Below(i)]);
  while (!writes.empty() || !changes.empty()) {
    if (!writes.empty() && (changes.empty() || random.Below(2) == 0)) {
      const auto [stream, version] = writes.back();
      writes.pop_back();
      Append(fmt::format("s{}", stream), version);
      changes.emplace_back(stream, version);
      continue;
    }
    if (random.Below(50) == 0) targets[random.Below(2)] = Make();
    const std::size_t at = random.Below(changes.size());
    const auto [stream, version] = changes[at];
    const auto outcome = Deliver(*targets[random.Below(2)], fmt::format("s{}", stream), version);
    ASSERT_NE(outcome, EntryOutcome::kReject);
    if (outcome == EntryOutcome::kTaken) changes.erase(changes.begin() + static_cast<std::ptrdiff_t>(at));
  }
  Versions all;
  for (std::int64_t version = 0; version < kVersions; ++version) all.push_back(version);
  for (int stream = 0; stream < kStreams; ++stream)
    EXPECT_EQ(Firsts(sent_->sent[fmt::format("s{}", stream)]), all) << "seed " << kSeed;
}

}  // namespace
}  // namespace millrace::targets
