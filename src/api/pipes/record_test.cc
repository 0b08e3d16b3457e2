// A pipe as the API is told it becomes the pipe that runs: each parameter has its effect, what has none is refused, and
// what is stored comes back as it was.
#include "api/pipes/record.h"

#include <gtest/gtest.h>

namespace millrace::api::pipes {
namespace {

constexpr const char* kStream = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-01-01T00:00:00.000";
constexpr const char* kQueue = "arn:aws:sqs:us-east-1:000000000000:q";
constexpr const char* kFunction = "arn:aws:lambda:us-east-1:000000000000:function:f";

PipeRecord OfStream(const std::string& parameters) {
  return {.name = "p",
          .source = kStream,
          .source_parameters = R"({"DynamoDBStreamParameters":{"StartingPosition":"LATEST")" + parameters + "}}",
          .target = kFunction};
}

TEST(PipeRecord, BecomesThePipeThatItSays) {
  PipeRecord record = OfStream(R"(,"BatchSize":7,"MaximumBatchingWindowInSeconds":2,"MaximumRecordAgeInSeconds":60,
      "MaximumRetryAttempts":3,"ParallelizationFactor":4,"OnPartialBatchItemFailure":"AUTOMATIC_BISECT",
      "DeadLetterConfig":{"Arn":"arn:aws:sqs:us-east-1:000000000000:dead"})");
  record.enrichment = kFunction;
  record.running = false;
  const auto pipe = Runnable(record);
  ASSERT_TRUE(pipe.ok()) << pipe.error().message();
  EXPECT_EQ(pipe->from.ToString(), "table/t");
  EXPECT_EQ(pipe->to.ToString(), "function/f");
  EXPECT_EQ(pipe->enrichment->with.ToString(), "function/f");
  EXPECT_EQ(pipe->on_failure->ToString(), "queue/dead");
  EXPECT_EQ(pipe->batch, 7u);
  EXPECT_EQ(pipe->window, std::chrono::seconds(2));
  EXPECT_EQ(pipe->retry.age_max, std::chrono::minutes(1));
  EXPECT_EQ(pipe->retry.retries_max, 3u);
  EXPECT_EQ(pipe->parallel, 4u);
  EXPECT_TRUE(pipe->bisect);
  EXPECT_FALSE(pipe->running);
  EXPECT_EQ(pipe->start.kind, config::Start::Kind::kLatest);
  EXPECT_EQ(pipe->after_failure, config::AfterFailure::kContinue);
}

TEST(PipeRecord, HasTheDefaultsOfTheService) {
  const auto pipe = Runnable(OfStream(R"(,"MaximumRetryAttempts":-1,"MaximumRecordAgeInSeconds":-1)"));
  ASSERT_TRUE(pipe.ok());
  EXPECT_EQ(pipe->batch, 100u);
  EXPECT_FALSE(pipe->retry.retries_max);
  EXPECT_FALSE(pipe->retry.age_max);
  EXPECT_FALSE(pipe->bisect);
  const auto queue = Runnable({.name = "p", .source = kQueue, .target = kFunction});
  ASSERT_TRUE(queue.ok());
  EXPECT_EQ(queue->from.ToString(), "queue/q");
}

TEST(PipeRecord, RefusesWhatItCannotDo) {
  const auto refused = [](const PipeRecord& record, std::string_view why) {
    const auto pipe = Runnable(record);
    ASSERT_FALSE(pipe.ok());
    EXPECT_NE(pipe.error().message().find(why), std::string::npos) << pipe.error().message();
  };
  refused(OfStream(R"(,"BatchSize":10001)"), "batchSize");
  refused(OfStream(R"(,"BatchSize":"x")"), "cannot be converted");
  refused(OfStream(R"(,"MaximumRecordAgeInSeconds":59)"), "60 to 604800");
  refused(OfStream(R"(,"DeadLetterConfig":{"Arn":"arn:aws:sns:us-east-1:000000000000:t"})"), "kind that is known");
  refused(
      {.name = "p", .source = kQueue, .source_parameters = R"({"KinesisStreamParameters":{}})", .target = kFunction},
      "SourceParameters.KinesisStreamParameters");
  refused({.name = "p", .source = kFunction, .target = kFunction}, "cannot be the source");
  PipeRecord record = OfStream("");
  record.target_parameters = R"({"InputTemplate":5})";
  refused(record, "cannot be converted");
  record.target_parameters = R"({"EventBridgeEventBusParameters":{}})";
  refused(record, "do not fit");
  record.target_parameters = {};
  record.source_parameters = R"({"DynamoDBStreamParameters":{"StartingPosition":"LATEST"},"FilterCriteria":{"Filters":[
      {"Pattern":"{}"},{"Pattern":"{\"a\":1}"}]}})";
  refused(record, "Invalid filter pattern definition.");
}

TEST(PipeRecord, ComesBackAsItWas) {
  PipeRecord record = OfStream("");
  record.description = "d";
  record.target_parameters = R"({"InputTemplate":"{\"a\": <$.b>}"})";
  record.tags = {{"k", "v"}};
  record.running = false;
  record.created_ms = 5;
  const auto back = PipeRecord::Decode(record.Encode());
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->Encode(), record.Encode());
  EXPECT_EQ(back->source_parameters, record.source_parameters);
  EXPECT_FALSE(back->running);
  EXPECT_EQ(PipeRecord::Decode("{").error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(PipeRecord::Decode(R"({"Version":2})").error().code(), ErrorCode::kUnimplemented);
}

}  // namespace
}  // namespace millrace::api::pipes
