// CloudEvents in binary and structured mode: the binding's own examples, bus events that become CloudEvents, and what
// is none.
#include "targets/http/cloud_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::targets {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kBusEvent =
    R"({"version":"0","id":"e-1","detail-type":"Order Placed","source":"my shop","account":"000000000000",)"
    R"("time":"2026-01-01T00:00:00Z","region":"eu-north-1","resources":[],"detail":{"total":12345678901234567890.10}})";

TEST(CloudEvent, EncodesHeadersAsTheBindingSays) {
  EXPECT_EQ(EncodeCloudEventHeader("Euro € 😀"), "Euro%20%E2%82%AC%20%F0%9F%98%80");
  EXPECT_EQ(EncodeCloudEventHeader("100% \"x\"\r\n~"), "100%25%20%22x%22%0D%0A~");
}

TEST(CloudEvent, TurnsAttributesIntoHeadersAndDataIntoTheBody) {
  const auto event = ToBinaryCloudEvent(
      R"({"specversion":"1.0","type":"com.example.someevent","source":"/my context","id":"ä%1","time":"2018-04-05T03:56:24Z",)"
      R"("sequence":-7,"sampled":true,"subject":null,"datacontenttype":"application/vnd.x+JSON; charset=utf-8",)"
      R"("data":{"a":1.50,"b":[null,"\n"]}})");
  ASSERT_TRUE(event.ok()) << event.error().message();
  EXPECT_EQ(event->headers.wire(),
            "ce-specversion: 1.0\r\nce-type: com.example.someevent\r\nce-source: /my%20context\r\nce-id: %C3%A4%251\r\n"
            "ce-time: 2018-04-05T03:56:24Z\r\nce-sequence: -7\r\nce-sampled: true\r\n");
  EXPECT_EQ(event->content_type, "application/vnd.x+JSON; charset=utf-8");
  EXPECT_EQ(event->body, R"({"a":1.50,"b":[null,"\n"]})");
}

TEST(CloudEvent, WritesDataAsItsTypeSays) {
  const auto with = [](std::string_view rest) {
    auto event = ToBinaryCloudEvent(fmt::format(R"({{"specversion":"1.0","type":"t","source":"s","id":"i"{}}})", rest));
    EXPECT_TRUE(event.ok()) << event.error().message();
    return event->content_type + "|" + event->body;
  };
  EXPECT_EQ(with(""), "|");
  EXPECT_EQ(with(R"(,"data":"text")"), "application/json|\"text\"");
  EXPECT_EQ(with(R"(,"data":null)"), "application/json|null");
  EXPECT_EQ(with(R"(,"datacontenttype":"text/plain","data":"té\"xt")"), "text/plain|té\"xt");
  EXPECT_EQ(with(R"(,"datacontenttype":"text/plain","data":{"a":1})"), "text/plain|{\"a\":1}");
  EXPECT_EQ(with(R"(,"datacontenttype":"application/json","data":"text")"), "application/json|\"text\"");
  EXPECT_EQ(with(R"(,"datacontenttype":"image/png","data_base64":"AAEC")"), std::string("image/png|\0\1\2", 13));
}

TEST(CloudEvent, LeavesAStructuredOneAsItIs) {
  const std::string text = R"( {"specversion" : "1.0", "type":"t","source":"s","id":"i","data":1.0e2 } )";
  EXPECT_EQ(ToStructuredCloudEvent(text).value(), text);
}

TEST(CloudEvent, WrapsAnEventOfABus) {
  EXPECT_EQ(
      ToStructuredCloudEvent(kBusEvent).value(),
      R"({"specversion":"1.0","id":"e-1","source":"my%20shop","type":"Order Placed","time":"2026-01-01T00:00:00Z",)"
      R"("datacontenttype":"application/json","data":{"total":12345678901234567890.10}})");
  const auto event = ToBinaryCloudEvent(kBusEvent);
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->headers.Get("ce-type"), "Order%20Placed");
  EXPECT_EQ(event->headers.Get("ce-source"), "my%2520shop") << "percent signs of the URI are encoded once more";
  EXPECT_EQ(event->content_type, "application/json");
  EXPECT_EQ(event->body, R"({"total":12345678901234567890.10})");
}

TEST(CloudEvent, SaysWhatABodyLacks) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"no json", "nor any JSON"},
      {"[]", "it has no specversion"},
      {R"({"id":"1","source":"s","detail-type":"t","detail":{}})", "needs an event of a bus"},
      {R"({"specversion":"1.0","type":"t","source":"s"})", "without a text as 'id'"},
      {R"({"specversion":"1.0","type":"","source":"s","id":"i"})", "without a text as 'type'"},
      {R"({"specversion":"0.3","type":"t","source":"s","id":"i"})", "of version '0.3'"},
      {R"({"specversion":1.0,"type":"t","source":"s","id":"i"})", "without a text as 'specversion'"},
      {R"({"specversion":"1.0","type":"t","source":"s","id":"i","Upper":"x"})", "'Upper' is not an attribute name"},
      {R"({"specversion":"1.0","type":"t","source":"s","id":"i","a\r\nb":"x"})", "'a%0D%0Ab' is not an attribute"},
      {R"({"specversion":"1.0","type":"t","source":"s","id":"i","ext":{}})", "'ext' of the CloudEvent is not a text"},
      {R"({"specversion":"1.0","type":"t","source":"s","id":"i","ext":1.5})", "'ext' of the CloudEvent is not a text"},
      {R"({"specversion":"1.0","type":"t","source":"s","id":"i","data":1,"data_base64":""})", "data and data_base64"},
      {R"({"specversion":"1.0","type":"t","source":"s","id":"i","data_base64":"?"})", "not base64"},
      {R"({"specversion":"1.0","type":"t","source":"s","id":"i","datacontenttype":"a\nb"})", "not a media type"},
  };
  for (const auto& [body, why] : cases) {
    const auto event = ToBinaryCloudEvent(body);
    ASSERT_FALSE(event.ok()) << body;
    EXPECT_EQ(event.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(event.error().message(), HasSubstr(why)) << body;
  }
}

}  // namespace
}  // namespace millrace::targets
