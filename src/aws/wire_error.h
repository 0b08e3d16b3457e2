// WireError is what an Error is called on the wire: one row of a service's table from (code, reason) to HTTP status and
// exception type. The tables are the services'; finding the row and writing the answer is the same for all.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
//
// Threads: pure functions over constants.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace millrace::aws {

namespace reason {
inline constexpr std::string_view kUnknownOperation = "UnknownOperation";
}  // namespace reason

// Types and texts that are the same for every service.
namespace wire {
inline constexpr std::string_view kValidation = "com.amazon.coral.validate#ValidationException";
inline constexpr std::string_view kSerialization = "com.amazon.coral.service#SerializationException";
inline constexpr std::string_view kUnknownOperation = "com.amazon.coral.service#UnknownOperationException";
inline constexpr std::string_view kThrottling = "com.amazon.coral.availability#ThrottlingException";
inline constexpr std::string_view kServerErrorText =
    "The request processing has failed because of an unknown error, exception or failure.";
}  // namespace wire

struct WireError {
  ErrorCode code;
  std::string_view reason;  // empty: every other error of that code
  int status;
  std::string_view type;  // with its namespace, as AWS sends it
  // Replaces the error's own text where AWS has a fixed one or where it is nobody's business; empty: the error's own.
  std::string_view message;
  // The member that carries the text: SerializationException says "Message", nearly all others "message".
  std::string_view member = "message";
};

// A reason decides before a code. REQUIRES: the table has a row without reason for every code.
const WireError& FindWireError(std::span<const WireError> table, const Error& error);

// A rendered answer.
struct JsonReply {
  int status = 200;
  std::string body;
};

// {"__type": …, "message": …}. A failure of ours is also logged, under the service's name.
JsonReply RenderError(std::span<const WireError> table, std::string_view service, const Error& error);

}  // namespace millrace::aws
