// Proves what a function is sent and what its answers, errors and absence mean for the records of a batch.
#include "targets/function/function_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "functions/testing/function_rig.h"

namespace millrace::targets {
namespace {

using flow::BatchKind;
using flow::EntryOutcome;
using flow::WriteReport;
using functions::testing::FunctionRig;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kTaken = EntryOutcome::kTaken;
constexpr auto kRetry = EntryOutcome::kRetry;
constexpr auto kReject = EntryOutcome::kReject;

class FunctionTargetTest : public ::testing::Test {
 protected:
  // The handler answers with what the first record says: text, or an error.
  FunctionTargetTest() {
    rig_.Add(rig_.Node("f", R"(
      exports.handler = async (event) => {
        const first = Array.isArray(event) ? event[0] : event.Records?.[0] ?? event;
        if (first.error) throw new Error(first.error);
        if (first.exit) process.exit(first.exit);
        return first.answer === 'the event' ? event : first.answer;
      };)"));
  }

  static flow::Record Make(int number, std::string body) {
    flow::Record record;
    record.shard = "shard-0";
    record.offset = std::to_string(100 + number);
    record.id = fmt::format("id-{}", number);
    record.order_key = record.id;
    record.body = std::move(body);
    return record;
  }

  WriteReport Write(FunctionTargetOptions options, const std::vector<flow::Record>& batch) {
    options.name = "function/f";
    if (options.function.empty()) options.function = "f";
    FunctionTarget target(std::move(options), rig_.functions());
    WriteReport report;
    target.Write(batch, {}, [&](WriteReport given) { report = std::move(given); });
    target.Close();
    return report;
  }
  std::vector<flow::Record> Three(const std::string& answer) {
    return {Make(0, fmt::format(R"({{"answer":{}}})", answer)), Make(1, "{}"), Make(2, "{}")};
  }

  FunctionRig rig_{/*logged=*/false};
};

TEST_F(FunctionTargetTest, FormsOfTheEvent) {
  const FunctionTarget records(
      {.name = "n", .function = "f", .payload = FunctionPayload::kRecords, .report_failures = true}, rig_.functions());
  EXPECT_EQ(records.traits().kind, BatchKind::kPrefix);
  EXPECT_EQ(records.traits().batch_records_max, 100u);
  EXPECT_LT(records.traits().batch_bytes_max, functions::kPayloadBytesMax);
  const FunctionTarget atomic({.name = "n", .function = "f", .payload = FunctionPayload::kArray}, rig_.functions());
  EXPECT_EQ(atomic.traits().kind, BatchKind::kAtomic);
  const FunctionTarget single({.name = "n", .function = "f"}, rig_.functions());
  EXPECT_EQ(single.traits().kind, BatchKind::kPerEntry);
  EXPECT_EQ(single.traits().batch_records_max, 1u);

  // What came back is what went in: an answer that is no report of failures takes all.
  for (const FunctionPayload payload : {FunctionPayload::kRecords, FunctionPayload::kArray})
    EXPECT_THAT(Write({.payload = payload, .report_failures = true}, Three("\"the event\"")).entries,
                ElementsAre(kTaken, kTaken, kTaken));
}

TEST_F(FunctionTargetTest, AnswersThatNameFailuresOfAStreamStopAtTheFirst) {
  const FunctionTargetOptions stream{.payload = FunctionPayload::kRecords, .report_failures = true};
  EXPECT_THAT(Write(stream, Three(R"({"batchItemFailures":[{"itemIdentifier":"101"}]})")).entries,
              ElementsAre(kTaken, kRetry, kRetry));
  EXPECT_THAT(
      Write(stream, Three(R"({"batchItemFailures":[{"itemIdentifier":"102"},{"itemIdentifier":"101"}]})")).entries,
      ElementsAre(kTaken, kRetry, kRetry));
  EXPECT_THAT(Write(stream, Three("null")).entries, ElementsAre(kTaken, kTaken, kTaken));
  EXPECT_THAT(Write(stream, Three(R"({"batchItemFailures":[{"itemIdentifier":""}]})")).entries,
              ElementsAre(kRetry, kRetry, kRetry));
  const FunctionTargetOptions silent{.payload = FunctionPayload::kRecords};
  EXPECT_THAT(Write(silent, Three(R"({"batchItemFailures":[{"itemIdentifier":"101"}]})")).entries,
              ElementsAre(kTaken, kTaken, kTaken))
      << "nobody asked for a report";
}

TEST_F(FunctionTargetTest, AnswersThatNameFailuresOfAQueueCostThoseOnly) {
  const FunctionTargetOptions queue{
      .payload = FunctionPayload::kRecords, .report_failures = true, .reported_kind = BatchKind::kPerEntry};
  const WriteReport report = Write(queue, Three(R"({"batchItemFailures":[{"itemIdentifier":"id-1"}]})"));
  EXPECT_THAT(report.entries, ElementsAre(kTaken, kRetry, kTaken));
  EXPECT_FALSE(report.target_down);
}

TEST_F(FunctionTargetTest, AnErrorOrACrashFailsTheBatch) {
  WriteReport report = Write({.payload = FunctionPayload::kRecords}, {Make(0, R"({"error":"no"})"), Make(1, "{}")});
  EXPECT_THAT(report.entries, ElementsAre(kRetry, kRetry));
  EXPECT_FALSE(report.target_down);
  EXPECT_EQ(report.error->reason(), reason::kUnhandled);
  EXPECT_EQ(report.error->message(), "function/f function error: Error: no");
  report = Write({}, {Make(0, R"({"exit":2})")});
  EXPECT_THAT(report.entries, ElementsAre(kRetry));
  EXPECT_THAT(report.error->message(), HasSubstr("Runtime.ExitError"));
  EXPECT_EQ(report.error->reason(), reason::kUnhandled);
}

TEST_F(FunctionTargetTest, AFunctionThatDoesNotLoadOrIsNotThereIsDown) {
  EXPECT_TRUE(Write({.function = "nobody"}, {Make(0, "{}")}).target_down);
  EXPECT_FALSE(FunctionTarget({.name = "n", .function = "nobody"}, rig_.functions()).Open().ok());
  rig_.Add(rig_.Node("broken", "exports.handler = (", "broken.js"));
  const WriteReport report = Write({.function = "broken"}, {Make(0, "{}")});
  EXPECT_TRUE(report.target_down);
  EXPECT_THAT(report.entries, ElementsAre(kRetry));
  EXPECT_THAT(report.error->message(), HasSubstr("Runtime.UserCodeSyntaxError"));
}

TEST_F(FunctionTargetTest, WhatIsNoJsonIsRejectedFromAnArray) {
  const WriteReport report =
      Write({.payload = FunctionPayload::kArray}, {Make(0, "{}"), Make(1, "plain text"), Make(2, "{}")});
  EXPECT_THAT(report.entries, ElementsAre(kRetry, kReject, kRetry));
}

TEST_F(FunctionTargetTest, ARecordThatIsTooLargeIsRejected) {
  const std::string huge = "\"" + std::string(functions::kPayloadBytesMax, 'x') + "\"";
  EXPECT_THAT(Write({}, {Make(0, huge)}).entries, ElementsAre(kReject));
}

TEST_F(FunctionTargetTest, AFullLineIsNoTry) {
  functions::FunctionOptions narrow = rig_.Node("narrow", "exports.handler = async () => 1;", "narrow.js");
  narrow.queue_max = 1;
  rig_.Add(narrow);
  FunctionTarget target({.name = "function/narrow", .function = "narrow"}, rig_.functions());
  const std::vector<flow::Record> batch = {Make(0, "{}")};
  std::mutex mutex;
  int throttled = 0;
  for (int i = 0; i < 5; ++i)
    target.Write(batch, {}, [&](const WriteReport& report) {
      std::lock_guard lock(mutex);
      if (!report.throttled) return;
      ++throttled;
      EXPECT_TRUE(report.retry_after.has_value());
      EXPECT_FALSE(report.target_down);
    });
  target.Close();
  EXPECT_EQ(throttled, 4);
}

}  // namespace
}  // namespace millrace::targets
