#include "api/streams/error_map.h"

#include "aws/request_reader.h"
#include "base/check.h"
#include "base/log.h"
#include "engine/engine.h"
#include "json/write.h"

namespace millrace::api::streams {
namespace {

using enum ErrorCode;

constexpr std::string_view kValidation = "com.amazon.coral.validate#ValidationException";
constexpr std::string_view kSerialization = "com.amazon.coral.service#SerializationException";
constexpr std::string_view kUnknownOperation = "com.amazon.coral.service#UnknownOperationException";
constexpr std::string_view kNotFoundType = "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException";
constexpr std::string_view kTrimmedType = "com.amazonaws.dynamodb.v20120810#TrimmedDataAccessException";
constexpr std::string_view kExpiredType = "com.amazonaws.dynamodb.v20120810#ExpiredIteratorException";
constexpr std::string_view kLimitExceeded = "com.amazonaws.dynamodb.v20120810#LimitExceededException";
constexpr std::string_view kServerError = "com.amazonaws.dynamodb.v20120810#InternalServerError";
constexpr std::string_view kServerErrorText =
    "The request processing has failed because of an unknown error, exception or failure.";

constexpr WireError kTable[] = {
    // By reason.
    {kInvalidArgument, aws::reason::kSerialization, 400, kSerialization, {}, "Message"},
    {kUnimplemented, reason::kUnknownOperation, 400, kUnknownOperation, {}},
    {kFailedPrecondition, reason::kExpiredIterator, 400, kExpiredType,
     "The shard iterator has expired and can no longer be used to retrieve stream records."},
    {kFailedPrecondition, engine::reason::kTrimmed, 400, kTrimmedType,
     "The operation attempted to read past the oldest stream record in a shard."},
    {kFailedPrecondition, engine::reason::kStreamState, 400, kValidation, {}},
    {kNotFound, engine::reason::kStreamNotFound, 400, kNotFoundType, {}},
    {kResourceExhausted, engine::reason::kOverloaded, 400, kLimitExceeded, "Too many requests are waiting. Try again."},
    {kUnavailable, engine::reason::kStopped, 500, kServerError, "The server does not take writes any more."},
    // By code.
    {kInvalidArgument, {}, 400, kValidation, {}},
    {kNotFound, {}, 400, kNotFoundType, {}},
    {kAlreadyExists, {}, 400, kValidation, {}},
    {kFailedPrecondition, {}, 400, kValidation, {}},
    {kResourceExhausted, {}, 400, kLimitExceeded, {}},
    {kUnavailable, {}, 500, kServerError, kServerErrorText},
    {kTimeout, {}, 500, kServerError, kServerErrorText},
    {kCancelled, {}, 500, kServerError, kServerErrorText},
    {kCorruption, {}, 500, kServerError, kServerErrorText},
    {kIo, {}, 500, kServerError, kServerErrorText},
    {kUnimplemented, {}, 400, kUnknownOperation, {}},
    {kInternal, {}, 500, kServerError, kServerErrorText},
};

}  // namespace

const WireError& FindWireError(const Error& error) {
  if (!error.reason().empty()) {
    for (const WireError& row : kTable)
      if (row.reason == error.reason()) return row;
  }
  for (const WireError& row : kTable)
    if (row.reason.empty() && row.code == error.code()) return row;
  CheckFailed(__FILE__, __LINE__, "every error code has a row", ErrorCodeName(error.code()));
}

std::span<const WireError> WireErrors() {
  return kTable;
}

ErrorAnswer RenderError(const Error& error) {
  const WireError& wire = FindWireError(error);
  if (wire.status >= 500) log::Failure("streams: {}", error.ToString());
  ErrorAnswer answer;
  answer.status = wire.status;
  json::Writer writer(&answer.body);
  writer.BeginObject();
  writer.Key("__type");
  writer.String(wire.type);
  writer.Key(wire.member);
  writer.String(wire.message.empty() ? std::string_view(error.message()) : wire.message);
  writer.EndObject();
  return answer;
}

}  // namespace millrace::api::streams
