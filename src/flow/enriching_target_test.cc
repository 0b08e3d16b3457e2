// A target behind an enricher: what answers become, what nothing means, who is at fault when something is not taken,
// and that order per key and every record are kept whatever enricher and target do.
#include "flow/enriching_target.h"

#include <gtest/gtest.h>

#include "flow/testing/subscription_fixture.h"
#include "json/write.h"

namespace millrace::flow::testing {
namespace {

class FakeEnricher final : public Enricher {
 public:
  explicit FakeEnricher(std::size_t most) : most_(most) {}
  std::size_t question_records_max() const override { return most_; }
  void Enrich(std::span<const Record> batch, EnrichDone done) override {
    questions.push_back(batch.size());
    Enriched enriched = answer(batch);
    if (hold) {
      held_.push_back([enriched, done] { done(enriched); });
      return;
    }
    done(std::move(enriched));
  }
  void Release() {
    for (auto& each : std::exchange(held_, {})) each();
  }
  static Enriched Answer(std::span<const Record> batch, std::string text) {
    return {WriteReport::AllTaken(batch.size()), std::move(text)};
  }

  std::function<Enriched(std::span<const Record>)> answer;
  std::vector<std::size_t> questions;
  bool hold = false;

 private:
  const std::size_t most_;
  std::vector<std::function<void()>> held_;
};

std::vector<Record> Batch(std::initializer_list<const char*> keys) {
  std::vector<Record> batch;
  for (const char* key : keys) {
    Record record;
    record.id = "id" + std::to_string(batch.size());
    record.order_key = key;
    record.body = std::to_string(batch.size());
    batch.push_back(std::move(record));
  }
  return batch;
}

WriteReport WriteTo(Target& target, std::span<const Record> batch) {
  std::optional<WriteReport> report;
  target.Write(batch, {}, [&](WriteReport given) { report = std::move(given); });
  EXPECT_TRUE(report.has_value());
  return report.value_or(WriteReport());
}

std::vector<std::string> BodiesIn(const FakeTarget& target) {
  std::vector<std::string> bodies;
  for (const Record& record : target.taken) bodies.push_back(record.body);
  return bodies;
}

TEST(EnrichingTarget, AnAnswerReplacesTheRecord) {
  FakeEnricher enricher(1);
  enricher.answer = [](auto batch) { return FakeEnricher::Answer(batch, "{\"was\":" + batch[0].body + "}"); };
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  EnrichingTarget enriching(enricher, target, {});
  const auto batch = Batch({"a", "b", "c"});
  EXPECT_EQ(WriteTo(enriching, batch).entries, std::vector(3, EntryOutcome::kTaken));
  EXPECT_EQ(BodiesIn(target), (Bodies{R"({"was":0})", R"({"was":1})", R"({"was":2})"}));
  EXPECT_EQ(target.taken[1].id, "id1");
  EXPECT_EQ(enricher.questions, (std::vector<std::size_t>{1, 1, 1}));
}

TEST(EnrichingTarget, NothingIsNothingToDeliver) {
  for (const char* nothing : {"", "  \n", "\"\"", "{}", "[]"}) {
    FakeEnricher enricher(1);
    enricher.answer = [&](auto batch) { return FakeEnricher::Answer(batch, nothing); };
    FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
    EnrichingTarget enriching(enricher, target, {});
    const auto batch = Batch({"a"});
    EXPECT_EQ(WriteTo(enriching, batch).entries, std::vector(1, EntryOutcome::kTaken)) << nothing;
    EXPECT_EQ(target.writes, 0) << nothing;
  }
}

TEST(EnrichingTarget, AnArrayWithAnEmptyObjectIsOneEmptyObject) {
  FakeEnricher enricher(1);
  enricher.answer = [](auto batch) { return FakeEnricher::Answer(batch, "[{}]"); };
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  EnrichingTarget enriching(enricher, target, {});
  const auto batch = Batch({"a"});
  WriteTo(enriching, batch);
  EXPECT_EQ(BodiesIn(target), (Bodies{"{}"}));
}

TEST(EnrichingTarget, OneRecordMayBecomeSeveralWithIdsThatRepeat) {
  FakeEnricher enricher(1);
  enricher.answer = [](auto batch) { return FakeEnricher::Answer(batch, "[1,2,3]"); };
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  EnrichingTarget enriching(enricher, target, {});
  const auto batch = Batch({"a"});
  WriteTo(enriching, batch);
  EXPECT_EQ(BodiesIn(target), (Bodies{"1", "2", "3"}));
  EXPECT_EQ(target.largest_batch, 1u) << "they have one key";
  EXPECT_EQ(target.taken[0].id, "id0");
  EXPECT_EQ(target.taken[1].id.size(), 32u);
  EXPECT_NE(target.taken[1].id, target.taken[2].id);
  WriteTo(enriching, batch);
  EXPECT_EQ(target.taken[4].id, target.taken[1].id);
}

TEST(EnrichingTarget, ABatchedAnswerOfAnotherLengthBelongsToAll) {
  FakeEnricher enricher(10);
  enricher.answer = [](auto batch) { return FakeEnricher::Answer(batch, "[1,2]"); };
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  target.decide = [](const Record& record) { return record.body == "2" ? EntryOutcome::kRetry : EntryOutcome::kTaken; };
  EnrichingTarget enriching(enricher, target, {});
  const auto batch = Batch({"a", "b", "c"});
  EXPECT_EQ(WriteTo(enriching, batch).entries, std::vector(3, EntryOutcome::kRetry));
  EXPECT_EQ(enricher.questions, (std::vector<std::size_t>{3}));
}

TEST(EnrichingTarget, ABatchedAnswerOfTheSameLengthNamesTheRecordAtFault) {
  FakeEnricher enricher(10);
  enricher.answer = [](auto batch) { return FakeEnricher::Answer(batch, "[10,11,12]"); };
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  target.decide = [](const Record& record) {
    return record.body == "11" ? EntryOutcome::kReject : EntryOutcome::kTaken;
  };
  EnrichingTarget enriching(enricher, target, {});
  const auto batch = Batch({"a", "b", "c"});
  EXPECT_EQ(WriteTo(enriching, batch).entries,
            (std::vector{EntryOutcome::kTaken, EntryOutcome::kReject, EntryOutcome::kTaken}));
}

TEST(EnrichingTarget, OfAnAtomicTargetTheRecordAtFaultIsFound) {
  FakeEnricher enricher(1);
  enricher.answer = [](auto batch) { return FakeEnricher::Answer(batch, batch[0].body); };
  FakeTarget target({.kind = BatchKind::kAtomic, .batch_records_max = 10});
  // All or nothing.
  bool bad = false;
  target.before = [&](std::span<const Record> batch) {
    bad = std::ranges::any_of(batch, [](const Record& record) { return record.body == "3"; });
  };
  target.decide = [&](const Record&) { return bad ? EntryOutcome::kReject : EntryOutcome::kTaken; };
  EnrichingTarget enriching(enricher, target, {});
  EXPECT_EQ(enriching.traits().kind, BatchKind::kPrefix);
  const auto batch = Batch({"a", "b", "a", "c", "a"});
  const WriteReport report = WriteTo(enriching, batch);
  EXPECT_EQ(report.entries, (std::vector{EntryOutcome::kTaken, EntryOutcome::kTaken, EntryOutcome::kTaken,
                                         EntryOutcome::kReject, EntryOutcome::kRetry}));
  EXPECT_EQ(BodiesIn(target), (Bodies{"0", "1", "2"}));
}

TEST(EnrichingTarget, AnEnricherThatIsDownStopsTheQuestions) {
  FakeEnricher enricher(1);
  enricher.answer = [](auto batch) {
    Enriched enriched{
        WriteReport::AllFailed(batch.size(), EntryOutcome::kRetry, Error(ErrorCode::kUnavailable, {}, "refused")), {}};
    enriched.report.target_down = true;
    return enriched;
  };
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 50});
  EnrichingTarget enriching(enricher, target, {});
  const auto batch = Batch({"a", "b", "c"});
  const WriteReport report = WriteTo(enriching, batch);
  EXPECT_EQ(report.entries, std::vector(3, EntryOutcome::kRetry));
  EXPECT_TRUE(report.target_down);
  EXPECT_EQ(report.error->message(), "refused");
  EXPECT_EQ(enricher.questions.size(), 1u);
  EXPECT_EQ(target.writes, 0);
}

TEST(EnrichingTarget, ARecordThatCannotBeAskedAboutIsRejectedAndTheOthersAreAskedAboutAgain) {
  FakeEnricher enricher(10);
  enricher.answer = [](auto) {
    return Enriched{{.entries = {EntryOutcome::kTaken, EntryOutcome::kReject},
                     .error = Error(ErrorCode::kInvalidArgument, {}, "not JSON"),
                     .retry_after = {}},
                    {}};
  };
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 10});
  EnrichingTarget enriching(enricher, target, {});
  const auto batch = Batch({"a", "b"});
  EXPECT_EQ(WriteTo(enriching, batch).entries, (std::vector{EntryOutcome::kRetry, EntryOutcome::kReject}));
  EXPECT_EQ(target.writes, 0);
}

TEST(EnrichingTarget, WhatIsNotJsonIsTriedAgainAndSaid) {
  FakeEnricher enricher(1);
  enricher.answer = [](auto batch) { return FakeEnricher::Answer(batch, "<html>"); };
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 50});
  EnrichingTarget enriching(enricher, target, {});
  const auto batch = Batch({"a"});
  const WriteReport report = WriteTo(enriching, batch);
  EXPECT_EQ(report.entries, std::vector(1, EntryOutcome::kRetry));
  EXPECT_NE(report.error->message().find("the enrichment's answer is not JSON"), std::string::npos);
}

TEST(EnrichingTarget, AShapeThatRefusesRejectsTheRecordAlone) {
  FakeEnricher enricher(1);
  enricher.answer = [](auto batch) { return FakeEnricher::Answer(batch, batch[0].body); };
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 50});
  EnrichingTarget enriching(enricher, target, [](Record& record) -> Result<Verdict> {
    if (record.body == "1") return Err(ErrorCode::kInvalidArgument, {}, "no detail");
    if (record.body == "2") return Verdict::kSkip;
    record.body += '!';
    return Verdict::kDeliver;
  });
  const auto batch = Batch({"a", "b", "c"});
  EXPECT_EQ(WriteTo(enriching, batch).entries,
            (std::vector{EntryOutcome::kTaken, EntryOutcome::kReject, EntryOutcome::kTaken}));
  EXPECT_EQ(BodiesIn(target), (Bodies{"0!"}));
}

TEST(EnrichingTarget, NotMoreThanSixteenQuestionsAreOpen) {
  FakeEnricher enricher(1);
  enricher.answer = [](auto batch) { return FakeEnricher::Answer(batch, batch[0].body); };
  enricher.hold = true;
  FakeTarget target({.kind = BatchKind::kPerEntry, .batch_records_max = 100});
  EnrichingTarget enriching(enricher, target, {});
  std::vector<Record> batch;
  for (int i = 0; i < 40; ++i) {
    Record& record = batch.emplace_back();
    record.id = record.order_key = record.body = std::to_string(i);
  }
  std::optional<WriteReport> report;
  enriching.Write(batch, {}, [&](WriteReport given) { report = std::move(given); });
  EXPECT_EQ(enricher.questions.size(), 16u);
  while (!report) enricher.Release();
  EXPECT_EQ(enricher.questions.size(), 40u);
  EXPECT_EQ(target.taken.size(), 40u);
}

using Enriching = SubscriptionTest;

// With a subscription in front: enrichers that fail at random, over targets of every kind that do so too.
TEST_F(Enriching, EveryRecordArrivesInOrderWhateverHappens) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    FakeLog log(3, &clock_);
    Feed feed(log, executor_);
    feed.Start();
    MemoryState state;
    FakeEnricher enricher(seed % 4 < 2 ? 1 : 4);
    enricher.answer = [&](std::span<const Record> batch) {
      if (random.Below(5) == 0)
        return Enriched{
            WriteReport::AllFailed(batch.size(), EntryOutcome::kRetry, Error(ErrorCode::kUnavailable, {}, "no")), {}};
      std::string text;
      for (const Record& record : batch) text += (text.empty() ? "" : ",") + record.body;
      return FakeEnricher::Answer(batch, batch.size() == 1 && seed % 2 == 0 ? text : "[" + text + "]");
    };
    const BatchKind kind = std::array{BatchKind::kAtomic, BatchKind::kPrefix, BatchKind::kPerEntry}[seed % 3];
    FakeTarget target({.kind = kind, .batch_records_max = 1 + random.Below(6)});
    bool batch_fate = true;
    bool prefix_over = false;
    target.before = [&](std::span<const Record>) {
      batch_fate = random.Below(4) != 0;
      prefix_over = false;
    };
    target.decide = [&](const Record&) {
      bool taken = random.Below(4) != 0;
      if (kind == BatchKind::kAtomic) taken = batch_fate;
      if (kind == BatchKind::kPrefix) taken = !(prefix_over |= !taken);
      return taken ? EntryOutcome::kTaken : EntryOutcome::kRetry;
    };
    EnrichingTarget enriching(enricher, target, {});
    SubscriptionOptions options = Options();
    options.batch_records_max = 1 + random.Below(8);
    Subscription subscription(options, feed, enriching, state, executor_, random_);
    ASSERT_TRUE(subscription.Start().ok());
    constexpr int kKeys = 5;
    std::array<int, kKeys> sent{};
    for (int i = 0; i < 200; ++i) {
      const std::size_t key = random.Below(kKeys);
      log.Append(static_cast<int>(key % 3), "k" + std::to_string(key), std::to_string(sent[key]++));
      if (random.Below(3) == 0) executor_.RunReady();
    }
    RunTimers([&] { return subscription.stats().delivered == 200; });
    for (std::size_t key = 0; key < kKeys; ++key)
      EXPECT_TRUE(InOrder(target.BodiesOf("k" + std::to_string(key)), sent[key]));
    subscription.Stop();
    executor_.RunReady();
    feed.Stop();
  }
}

}  // namespace
}  // namespace millrace::flow::testing
