// Admin requests that tests of stream readers need and AWS has no API for: making a stream's shards roll now.
//
//   POST /_millrace/streams/roll  {"TableName": "orders", "Split": true}
//
// answers {} after every open shard of the table's enabled stream was closed and has one child, or two if split.
//
// Threads: thread-safe; waits for the commit.
// Failure: errors look like the service's own.
#pragma once

#include <string_view>

#include "aws/request_context.h"
#include "engine/engine.h"
#include "http/message.h"

namespace millrace::api::streams {

inline constexpr std::string_view kRollPath = "/_millrace/streams/roll";

// False, and `response` untouched, if the path is none of these.
bool HandleAdmin(engine::Engine& engine, const aws::RequestContext& context, std::string_view path,
                 std::string_view body, http::Response* response);

}  // namespace millrace::api::streams
