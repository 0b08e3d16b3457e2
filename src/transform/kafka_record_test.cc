// Proves a Kafka message's JSON, what of it patterns and templates see, and that its key can be had back.
#include "transform/kafka_record.h"

#include <gtest/gtest.h>

#include "base/check.h"

namespace millrace::transform {
namespace {

using Bytes = std::optional<std::string>;

std::string Of(const Bytes& key, const Bytes& value, const std::vector<std::pair<std::string, std::string>>& headers) {
  std::string out;
  AppendKafkaRecord(out, {.servers = "a:1",
                          .topic = "t",
                          .partition = 2,
                          .offset = 15,
                          .time_ms = 1545084650987,
                          .key = key,
                          .value = value,
                          .headers = headers});
  return out;
}

TEST(KafkaRecord, IsWhatPipesHandOn) {
  EXPECT_EQ(Of("k", "{\"a\":1.50}", {{"h", "\x01\xff"}}),
            R"({"eventSource":"SelfManagedKafka","bootstrapServers":"a:1","eventSourceKey":"t-2","topic":"t",)"
            R"("partition":2,"offset":15,"timestamp":1545084650987,"timestampType":"CREATE_TIME","key":"aw==",)"
            R"("value":"eyJhIjoxLjUwfQ==","headers":[{"h":[1,255]}]})");
}

TEST(KafkaRecord, DecodedHasJsonAndTextButLeavesBytes) {
  const std::string json = DecodedKafkaRecord(Of("k", "{\"a\":1.50}", {}));
  EXPECT_NE(json.find(R"("key":"k","value":{"a":1.50})"), std::string::npos) << json;
  const std::string bytes = DecodedKafkaRecord(Of(std::nullopt, "\xff", {}));
  EXPECT_NE(bytes.find(R"("key":null,"value":"/w==")"), std::string::npos) << bytes;
}

TEST(KafkaRecord, GivesItsKeyBack) {
  EXPECT_EQ(MUST(KeyOfKafkaRecord(Of(std::string("\x00\xff", 2), std::nullopt, {}))), std::string("\x00\xff", 2));
  EXPECT_EQ(MUST(KeyOfKafkaRecord(Of(std::nullopt, std::nullopt, {}))), std::nullopt);
  EXPECT_FALSE(KeyOfKafkaRecord("{}").ok());
  EXPECT_FALSE(KeyOfKafkaRecord(R"({"key":"!"})").ok());
}

}  // namespace
}  // namespace millrace::transform
