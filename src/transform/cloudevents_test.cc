// CloudEvents: the attributes of changes and bus events, exact data, and structured mode as the specification has it.
#include "transform/cloudevents.h"

#include <gtest/gtest.h>

#include "json/parse.h"
#include "transform/testing/changes.h"

namespace millrace::transform {
namespace {

using testing::ChangeOf;
using testing::ItemOf;

constexpr CloudEventContext kContext{.event_id = "e-1",
                                     .sequence_number = "000000000000000000042",
                                     .table_arn = "arn:aws:dynamodb:eu-central-1:000000000000:table/orders"};

std::string Structured(const CloudEvent& event) {
  std::string out;
  AppendCloudEvent(out, event);
  return out;
}

TEST(CloudEvent, SaysWhatChanged) {
  EXPECT_EQ(Structured(CloudEventOfChange(
                ChangeOf(R"({"id":{"S":"o-1"},"n":{"N":"1"}})",
                         R"({"id":{"S":"o-1"},"n":{"N":"12345678901234567890123456789012345678"},"q":{"S":"\""}})"),
                kContext)),
            R"({"specversion":"1.0","id":"e-1","source":"arn:aws:dynamodb:eu-central-1:000000000000:table/orders",)"
            R"("type":"com.amazonaws.dynamodb.modify","subject":"o-1","time":"2026-01-01T00:00:00.999Z",)"
            R"("sequence":"000000000000000000042","datacontenttype":"application/json","data":{"keys":{"id":"o-1"},)"
            R"("new":{"id":"o-1","n":12345678901234567890123456789012345678,"q":"\""},"old":{"id":"o-1","n":1}}})");
}

TEST(CloudEvent, HasTheImagesThatThereAre) {
  const CloudEvent inserted = CloudEventOfChange(ChangeOf("", R"({"id":{"S":"1"}})"), kContext);
  EXPECT_EQ(inserted.type, "com.amazonaws.dynamodb.insert");
  EXPECT_EQ(inserted.data, R"({"keys":{"id":"1"},"new":{"id":"1"}})");
  model::Change removed = ChangeOf(R"({"id":{"S":"1"}})", "");
  removed.expired = true;
  EXPECT_EQ(CloudEventOfChange(removed, kContext).type, "com.amazonaws.dynamodb.remove");
  EXPECT_EQ(CloudEventOfChange(removed, kContext).data, R"({"keys":{"id":"1"},"old":{"id":"1"},"expired":true})");
  removed.old_image.reset();
  removed.expired = false;
  EXPECT_EQ(CloudEventOfChange(removed, kContext).data, R"({"keys":{"id":"1"}})");
}

TEST(CloudEvent, ItsSubjectIsTheKey) {
  model::Change change = ChangeOf("", R"({"id":{"N":"1.50"}})");
  EXPECT_EQ(CloudEventOfChange(change, kContext).subject, "1.5");
  change.keys = ItemOf(R"({"id":{"B":"AQI="}})");
  EXPECT_EQ(CloudEventOfChange(change, kContext).subject, "AQI=");
  change.keys = ItemOf(R"({"id":{"S":"a/b"},"at":{"N":"7"}})");
  EXPECT_EQ(CloudEventOfChange(change, kContext).subject, R"({"at":7,"id":"a/b"})");
}

TEST(CloudEvent, IsMadeOfABusEvent) {
  json::Document document;
  ASSERT_TRUE(document
                  .Parse(R"({"version":"0","id":"9b1f","detail-type":"OrderPlaced","source":"my shop/ü",
                             "account":"1","time":"2026-01-01T00:00:00Z","region":"r","resources":[],
                             "detail":{"n":1.50}})")
                  .ok());
  const auto event = CloudEventOfBusEvent(document.root());
  ASSERT_TRUE(event.ok()) << event.error().message();
  EXPECT_EQ(Structured(*event),
            R"({"specversion":"1.0","id":"9b1f","source":"my%20shop/%C3%BC","type":"OrderPlaced",)"
            R"("time":"2026-01-01T00:00:00Z","datacontenttype":"application/json","data":{"n":1.50}})");
}

TEST(CloudEvent, RefusesWhatIsNotABusEvent) {
  for (const std::string_view text : {"[]", "{}", R"({"id":"1","source":"s","detail-type":"t","time":"x"})",
                                      R"({"id":1,"source":"s","detail-type":"t","time":"x","detail":{}})",
                                      R"({"id":"1","source":"","detail-type":"t","time":"x","detail":{}})"}) {
    json::Document document;
    ASSERT_TRUE(document.Parse(text).ok());
    EXPECT_FALSE(CloudEventOfBusEvent(document.root()).ok()) << text;
  }
}

}  // namespace
}  // namespace millrace::transform
