// What a consumer's answer says about the records of its batch: AWS's matrix of successes and failures, case by case.
#include "flow/batch_response.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::flow {
namespace {

using ::testing::HasSubstr;

std::vector<Record> Batch() {
  std::vector<Record> batch(4);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i].id = "event-" + std::to_string(i);
    batch[i].offset = "10" + std::to_string(i);
  }
  return batch;
}

// "+" taken, "-" to be tried again, "x" rejected.
std::string Outcome(const WriteReport& report) {
  std::string text;
  for (const EntryOutcome outcome : report.entries) text += "+-x"[static_cast<int>(outcome)];
  return text;
}

std::string Read(std::string_view text, BatchKind kind = BatchKind::kPerEntry) {
  return Outcome(ReadBatchResponse(text, Batch(), kind));
}

TEST(BatchResponse, SaysNothingAboutFailuresIfAllWasTaken) {
  for (const std::string_view text : {"", " \n", "null", "{}", "[]", "\"done\"", "7", R"({"batchItemFailures":[]})",
                                      R"({"batchItemFailures":null})", R"({"other":1})"}) {
    EXPECT_EQ(Read(text), "++++") << text;
    EXPECT_FALSE(ReadBatchResponse(text, Batch(), BatchKind::kPrefix).error) << text;
  }
}

TEST(BatchResponse, FailsTheWholeBatchIfItCannotBeUnderstood) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"({"batchItemFailures":[{"itemIdentifier":""}]})", "empty"},
      {R"({"batchItemFailures":[{"itemIdentifier":null}]})", "not a text"},
      {R"({"batchItemFailures":[{"itemIdentifier":101}]})", "not a text"},
      {R"({"batchItemFailures":[{"itemIdentifer":"event-1"}]})", "no itemIdentifier"},
      {R"({"batchItemFailures":["event-1"]})", "no itemIdentifier"},
      {R"({"batchItemFailures":[null]})", "no itemIdentifier"},
      {R"({"batchItemFailures":[{"itemIdentifier":"event-9"}]})", "'event-9' names no record"},
      {R"({"batchItemFailures":[{"itemIdentifier":"event-1"},{"itemIdentifier":"a\nb"}]})", "'a b' names no record"},
      {R"({"batchItemFailures":{"itemIdentifier":"event-1"}})", "is of type object, not an array"},
      {R"({"batchItemFailures":"event-1"})", "is of type string, not an array"},
      {R"({"batchItemFailures":[)", "not JSON"},
      {"OK", "not JSON"},
      {std::string_view("{\"a\":\xff}"), "not JSON"},
  };
  for (const auto& [text, why] : cases) {
    const WriteReport report = ReadBatchResponse(text, Batch(), BatchKind::kPerEntry);
    EXPECT_EQ(Outcome(report), "----") << text;
    ASSERT_TRUE(report.error) << text;
    EXPECT_THAT(report.error->message(), HasSubstr(why)) << text;
    EXPECT_FALSE(report.target_down) << text;
  }
}

TEST(BatchResponse, NamesRecordsByIdOrBySequenceNumber) {
  EXPECT_EQ(Read(R"({"batchItemFailures":[{"itemIdentifier":"event-1"}]})"), "+-++");
  EXPECT_EQ(Read(R"({"batchItemFailures":[{"itemIdentifier":"103"},{"itemIdentifier":"event-0"}]})"), "-++-");
  EXPECT_EQ(Read(R"({"batchItemFailures":[{"itemIdentifier":"event-2"},{"itemIdentifier":"102"}]})"), "++-+");
}

TEST(BatchResponse, FailsEverythingBehindTheFirstFailureOfAPrefixBatch) {
  const WriteReport report = ReadBatchResponse(
      R"({"batchItemFailures":[{"itemIdentifier":"103"},{"itemIdentifier":"101"}]})", Batch(), BatchKind::kPrefix);
  EXPECT_EQ(Outcome(report), "+---");
  EXPECT_THAT(report.error->message(), HasSubstr("3 of 4 records are not taken, first event-1"));
  EXPECT_EQ(Read(R"({"batchItemFailures":[{"itemIdentifier":"103"}]})", BatchKind::kAtomic), "----");
}

TEST(BatchResponse, FailsBothRecordsThatShareASequenceNumber) {
  std::vector<Record> batch = Batch();
  batch[0].shard = "a";
  batch[3].shard = "b";
  batch[3].offset = batch[0].offset;
  EXPECT_EQ(
      Outcome(ReadBatchResponse(R"({"batchItemFailures":[{"itemIdentifier":"100"}]})", batch, BatchKind::kPerEntry)),
      "-++-");
}

TEST(BatchResponse, CutsWhatItShowsOfAnIdentifier) {
  const std::string text = R"({"batchItemFailures":[{"itemIdentifier":")" + std::string(99, 'a') + "äöü\"}]}";
  const WriteReport report = ReadBatchResponse(text, Batch(), BatchKind::kPerEntry);
  EXPECT_THAT(report.error->message(), HasSubstr("'" + std::string(99, 'a') + "'"));
}

}  // namespace
}  // namespace millrace::flow
