// The DynamoDB Streams operations: one function each, in a file of its own name, and the table that finds them.
//
// Each returns the JSON body of its answer. None of them waits for anything: they read the catalogue and the log.
//
// Source:  https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
//
// Threads: functions on the request thread.
// Failure: errors as error_map.h lists them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/streams/call.h"
#include "base/error.h"

namespace millrace::api::streams {

inline constexpr std::string_view kTargetPrefix = "DynamoDBStreams_20120810.";

struct Operation {
  std::string_view name;
  Result<std::string> (*run)(const Call& call) = nullptr;
};

std::span<const Operation> Operations();
// Null if there is none.
const Operation* FindOperation(std::string_view name);

Result<std::string> DescribeStream(const Call& call);
Result<std::string> GetRecords(const Call& call);
Result<std::string> GetShardIterator(const Call& call);
Result<std::string> ListStreams(const Call& call);

}  // namespace millrace::api::streams
