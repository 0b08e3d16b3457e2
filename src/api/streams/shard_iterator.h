// ShardIterator is a position in one shard, and the token that a client holds for it.
//
// The token says everything itself, so it outlives the process that issued it, and nobody keeps a table of them:
//   stream ARN | 1 | base64 of: version(1) sequence(8) issued(8) shard id, then check(8)
// Integers are big-endian; the check is a hash over the ARN and everything before it, so that a token which was cut,
// mixed up or made up is told apart. It is no secret: a token gives nothing that its holder could not ask for.
//
// Threads: plain value, pure functions.
// Failure: Parse returns InvalidArgument "Invalid ShardIterator", whatever the text is.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "engine/catalogue.h"

namespace millrace::api::streams {

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html
inline constexpr std::size_t kIteratorBytesMax = 2048;
inline constexpr std::chrono::milliseconds kIteratorLifetime = std::chrono::minutes(15);

struct ShardIterator {
  std::string stream_arn;
  std::string shard_id;
  engine::SequenceNumber after;  // everything up to and including it has been read
  std::int64_t issued_ms = 0;

  bool expired(std::int64_t now_ms) const { return now_ms - issued_ms >= kIteratorLifetime.count(); }
  bool operator==(const ShardIterator&) const = default;
};

std::string FormatShardIterator(const ShardIterator& iterator);
Result<ShardIterator> ParseShardIterator(std::string_view token);

}  // namespace millrace::api::streams
