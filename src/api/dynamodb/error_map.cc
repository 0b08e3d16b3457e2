#include "api/dynamodb/error_map.h"

#include "engine/engine.h"
#include "model/dynamodb_json.h"

namespace millrace::api::dynamodb {
namespace {

using enum ErrorCode;
using aws::WireError;
using aws::wire::kSerialization;
using aws::wire::kServerErrorText;
using aws::wire::kThrottling;
using aws::wire::kUnknownOperation;
using aws::wire::kValidation;

constexpr std::string_view kNotFoundType = "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException";
constexpr std::string_view kInUse = "com.amazonaws.dynamodb.v20120810#ResourceInUseException";
constexpr std::string_view kLimitExceeded = "com.amazonaws.dynamodb.v20120810#LimitExceededException";
constexpr std::string_view kTokenMismatchType = "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException";
constexpr std::string_view kTrimmedType = "com.amazonaws.dynamodb.v20120810#TrimmedDataAccessException";
constexpr std::string_view kServerError = "com.amazonaws.dynamodb.v20120810#InternalServerError";

constexpr WireError kTable[] = {
    // By reason.
    {kInvalidArgument, model::reason::kSerialization, 400, kSerialization, {}, "Message"},
    {kUnimplemented, aws::reason::kUnknownOperation, 400, kUnknownOperation, {}},
    {kNotFound, engine::reason::kTableNotFound, 400, kNotFoundType, "Requested resource not found"},
    {kAlreadyExists, engine::reason::kTableExists, 400, kInUse, {}},
    {kFailedPrecondition, engine::reason::kDeletionProtected, 400, kValidation,
     "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."},
    {kNotFound, engine::reason::kStreamNotFound, 400, kNotFoundType, {}},
    {kFailedPrecondition, engine::reason::kStreamState, 400, kValidation, {}},
    {kFailedPrecondition, engine::reason::kTrimmed, 400, kTrimmedType, {}},
    {kInvalidArgument, engine::reason::kTokenMismatch, 400, kTokenMismatchType,
     "The ClientRequestToken was used before with a different set of actions."},
    // The SDKs back off and retry on these two.
    {kResourceExhausted, engine::reason::kOverloaded, 400, kThrottling,
     "The rate of requests exceeds the throughput that can be written. Reduce your request rate and try again."},
    {kUnavailable, engine::reason::kStopped, 500, kServerError, "The server is shutting down."},
    // By code.
    {kInvalidArgument, {}, 400, kValidation, {}},
    {kNotFound, {}, 400, kNotFoundType, {}},
    {kAlreadyExists, {}, 400, kInUse, {}},
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

}  // namespace millrace::api::dynamodb
