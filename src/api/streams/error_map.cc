#include "api/streams/error_map.h"

#include "aws/request_reader.h"
#include "engine/engine.h"

namespace millrace::api::streams {
namespace {

using enum ErrorCode;
using aws::WireError;
using aws::wire::kSerialization;
using aws::wire::kServerErrorText;
using aws::wire::kUnknownOperation;
using aws::wire::kValidation;

constexpr std::string_view kNotFoundType = "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException";
constexpr std::string_view kTrimmedType = "com.amazonaws.dynamodb.v20120810#TrimmedDataAccessException";
constexpr std::string_view kExpiredType = "com.amazonaws.dynamodb.v20120810#ExpiredIteratorException";
constexpr std::string_view kLimitExceeded = "com.amazonaws.dynamodb.v20120810#LimitExceededException";
constexpr std::string_view kServerError = "com.amazonaws.dynamodb.v20120810#InternalServerError";

constexpr WireError kTable[] = {
    // By reason.
    {kInvalidArgument, aws::reason::kSerialization, 400, kSerialization, {}, "Message"},
    {kUnimplemented, aws::reason::kUnknownOperation, 400, kUnknownOperation, {}},
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

std::span<const WireError> WireErrors() {
  return kTable;
}

}  // namespace millrace::api::streams
