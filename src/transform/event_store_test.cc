// Proves the message of an event store's row: key, value, and headers whose own names give way to the row's.
#include "transform/event_store.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "json/parse.h"
#include "model/dynamodb_json.h"

namespace millrace::transform {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

Result<StoredEvent> Of(std::string_view row) {
  json::Document document;
  MUST(document.Parse(row));
  return EventOfRow(MUST(model::ParseItem(document.root())));
}

TEST(EventStore, KeyAndValueAreStreamAndBytes) {
  const auto event = MUST(Of(R"({"streamId":{"S":"7"},"data":{"B":"AP8="}})"));
  EXPECT_EQ(event.key, "7");
  EXPECT_EQ(event.value, std::string("\x00\xff", 2));
  EXPECT_EQ(event.headers, (Headers{{"streamId", "7"}}));
}

TEST(EventStore, TheRowsOwnHeadersGoOverThoseInIt) {
  const auto event = MUST(Of(R"({"streamId":{"S":"7"},"streamType":{"S":"order"},"data":{"S":"x"},"eventId":{"S":"e"},
    "eventType":{"S":"Paid"},"version":{"N":"3"},"timestamp":{"N":"1700000000123"},
    "headers":{"M":{"messageId":{"S":"hidden"},"causationId":{"S":"c"}}}})"));
  EXPECT_EQ(event.headers, (Headers{{"causationId", "c"},
                                    {"messageId", "e"},
                                    {"messageType", "Paid"},
                                    {"streamId", "7"},
                                    {"streamType", "order"},
                                    {"timestamp", "1700000000123"},
                                    {"version", "3"}}));
}

TEST(EventStore, EveryTypeHasAText) {
  const auto event = MUST(Of(R"({"streamId":{"S":"7"},"data":{"S":""},"headers":{"M":{
    "b":{"BOOL":false},"l":{"L":[{"N":"1.50"},{"NULL":true},{"S":"x"}]},"m":{"M":{"k":{"N":"1"}}},"n":{"NULL":true},
    "s":{"SS":["a","b"]},"t":{"NS":["2","1"]}}}})"));
  EXPECT_EQ(event.headers, (Headers{{"b", "false"},
                                    {"l", "1.5,,x"},
                                    {"m", R"({"k":1})"},
                                    {"n", ""},
                                    {"s", "a,b"},
                                    {"streamId", "7"},
                                    {"t", "1,2"}}));
}

TEST(EventStore, WhatIsNoEventIsSaid) {
  EXPECT_NE(Of(R"({"data":{"S":"x"}})").error().message().find("streamId"), std::string::npos);
  EXPECT_NE(Of(R"({"streamId":{"N":"1"},"data":{"S":"x"}})").error().message().find("streamId"), std::string::npos);
  EXPECT_NE(Of(R"({"streamId":{"S":"1"},"data":{"N":"1"}})").error().message().find("data"), std::string::npos);
}

}  // namespace
}  // namespace millrace::transform
