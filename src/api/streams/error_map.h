// DynamoDB Streams' names for errors: the table behind RenderError (aws/wire_error.h).
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
//
// Threads: pure functions over constants.
#pragma once

#include <span>
#include <string_view>

#include "aws/wire_error.h"

namespace millrace::api::streams {

namespace reason {
inline constexpr std::string_view kExpiredIterator = "ExpiredIterator";
}  // namespace reason

std::span<const aws::WireError> WireErrors();

inline aws::JsonReply RenderError(const Error& error) {
  return aws::RenderError(WireErrors(), "streams", error);
}

}  // namespace millrace::api::streams
