#include "api/events/error_map.h"

#include "aws/request_reader.h"

namespace millrace::api::events {
namespace {

using enum ErrorCode;
using aws::WireError;

constexpr std::string_view kInternalText = "Service encountered unexpected problem. Please try again.";

constexpr WireError kTable[] = {
    // By reason.
    {kInvalidArgument, aws::reason::kSerialization, 400, "SerializationException", {}, "Message"},
    {kUnimplemented, aws::reason::kUnknownOperation, 400, "UnknownOperationException", {}},
    {kInvalidArgument, reason::kBadPattern, 400, "InvalidEventPatternException", {}},
    {kFailedPrecondition, reason::kManaged, 400, "ManagedRuleException", {}},
    {kFailedPrecondition, reason::kIllegalStatus, 400, "IllegalStatusException", {}},
    // By code.
    {kInvalidArgument, {}, 400, "ValidationException", {}},
    {kNotFound, {}, 400, "ResourceNotFoundException", {}},
    {kAlreadyExists, {}, 400, "ResourceAlreadyExistsException", {}},
    {kFailedPrecondition, {}, 400, "ValidationException", {}},
    {kResourceExhausted, {}, 400, "LimitExceededException", {}},
    {kUnavailable, {}, 500, "InternalException", kInternalText},
    {kTimeout, {}, 500, "InternalException", kInternalText},
    {kCancelled, {}, 500, "InternalException", kInternalText},
    {kCorruption, {}, 500, "InternalException", kInternalText},
    {kIo, {}, 500, "InternalException", kInternalText},
    {kUnimplemented, {}, 400, "OperationDisabledException", {}},
    {kInternal, {}, 500, "InternalException", kInternalText},
};

}  // namespace

std::span<const WireError> WireErrors() {
  return kTable;
}

}  // namespace millrace::api::events
