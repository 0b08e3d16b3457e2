// StreamRecord: the JSON that Lambda and Pipes hand on, with real sizes and the identity of expired items.
#include "transform/stream_record.h"

#include <gtest/gtest.h>

#include "transform/testing/changes.h"

namespace millrace::transform {
namespace {

using testing::ChangeOf;

constexpr std::string_view kArn = "arn:aws:dynamodb:eu-central-1:000000000000:table/t/stream/2026-01-01T00:00:00.000";

std::string RecordOf(const model::Change& change, model::StreamViewType view_type) {
  std::string out;
  AppendStreamRecord(out, change,
                     {.event_id = "0123456789abcdef0123456789abcdef",
                      .sequence_number = "000000000000000000042",
                      .region = "eu-central-1",
                      .stream_arn = kArn,
                      .view_type = view_type});
  return out;
}

TEST(StreamRecord, HasBothImages) {
  EXPECT_EQ(RecordOf(ChangeOf(R"({"id":{"S":"u1"},"n":{"N":"1"}})", R"({"id":{"S":"u1"},"n":{"N":"20"}})"),
                     model::StreamViewType::kNewAndOldImages),
            R"({"eventID":"0123456789abcdef0123456789abcdef","eventName":"MODIFY","eventVersion":"1.1",)"
            R"("eventSource":"aws:dynamodb","awsRegion":"eu-central-1","dynamodb":{)"
            R"("ApproximateCreationDateTime":1767225600,"Keys":{"id":{"S":"u1"}},)"
            R"("NewImage":{"id":{"S":"u1"},"n":{"N":"20"}},"OldImage":{"id":{"S":"u1"},"n":{"N":"1"}},)"
            R"("SequenceNumber":"000000000000000000042","SizeBytes":18,"StreamViewType":"NEW_AND_OLD_IMAGES"},)"
            R"("eventSourceARN":"arn:aws:dynamodb:eu-central-1:000000000000:table/t/stream/2026-01-01T00:00:00.000"})");
}

TEST(StreamRecord, HasOnlyTheImagesOfTheChange) {
  model::Change change = ChangeOf("", R"({"id":{"S":"u1"}})");
  change.new_image.reset();
  const std::string record = RecordOf(change, model::StreamViewType::kKeysOnly);
  EXPECT_EQ(record.find("Image"), std::string::npos) << record;
  EXPECT_NE(record.find(R"("eventName":"INSERT")"), std::string::npos);
  EXPECT_NE(record.find(R"("SizeBytes":4,"StreamViewType":"KEYS_ONLY")"), std::string::npos) << record;
  EXPECT_EQ(record.find("userIdentity"), std::string::npos);
}

TEST(StreamRecord, NamesTheServiceForExpiredItems) {
  model::Change change = ChangeOf(R"({"id":{"S":"u1"}})", "");
  change.expired = true;
  const std::string record = RecordOf(change, model::StreamViewType::kNewAndOldImages);
  EXPECT_NE(record.find(R"("eventName":"REMOVE")"), std::string::npos);
  EXPECT_TRUE(record.ends_with(R"("userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"}})"))
      << record;
}

}  // namespace
}  // namespace millrace::transform
