// A Kafka message as JSON, as EventBridge Pipes and Lambda hand it on, with key, value and headers in base64:
//
//   {"eventSource":"SelfManagedKafka","bootstrapServers":…,"eventSourceKey":"orders-0","topic":"orders","partition":0,
//    "offset":15,"timestamp":1545084650987,"timestampType":"CREATE_TIME","key":…,"value":…,
//    "headers":[{"name":[104,101,…]}]}
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-kafka.html
//
// Threads:   functions without state.
// Failure:   KeyOfKafkaRecord: InvalidArgument if it is no such record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace millrace::transform {

struct KafkaRecord {
  std::string_view servers;
  std::string_view topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t time_ms = 0;
  bool append_time = false;
  const std::optional<std::string>& key;
  const std::optional<std::string>& value;
  const std::vector<std::pair<std::string, std::string>>& headers;
};

void AppendKafkaRecord(std::string& out, const KafkaRecord& record);

// The key's bytes, or nothing if there is none.
Result<std::optional<std::string>> KeyOfKafkaRecord(std::string_view record);

// The record as patterns and templates see it: key and value are what their bytes say, JSON as it is, other text as
// text; bytes that are no text stay base64.
std::string DecodedKafkaRecord(std::string_view record);

}  // namespace millrace::transform
