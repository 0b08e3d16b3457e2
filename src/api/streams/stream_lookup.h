// Finding the stream and the shard that a request names, and checking the form of their names first.
//
// Threads: pure functions.
// Failure: InvalidArgument for a name that no stream can have; NotFound with engine::reason::kStreamNotFound, in AWS's
//          words, for one that is not there, or not in this account and region.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "api/streams/call.h"
#include "aws/constraints.h"
#include "base/error.h"

namespace millrace::api::streams {

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_DescribeStream.html
inline constexpr std::size_t kStreamArnBytesMin = 37;
inline constexpr std::size_t kStreamArnBytesMax = 1024;
inline constexpr std::size_t kShardIdBytesMin = 28;
inline constexpr std::size_t kShardIdBytesMax = 65;

void CheckStreamArnLength(aws::Constraints& constraints, std::optional<std::string_view> arn, std::string_view member);
void CheckShardIdLength(aws::Constraints& constraints, std::optional<std::string_view> id, std::string_view member);

// "arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL".
Status CheckStreamArn(std::string_view arn);
// "shardId-00000001700000000000-0123abcd": a form that a shard of this service can have.
bool IsShardId(std::string_view id);

Result<std::shared_ptr<const engine::Log>> FindStream(const Call& call, std::string_view arn);
Result<const engine::Shard*> FindShard(const engine::Log& stream, std::string_view shard_id);

}  // namespace millrace::api::streams
