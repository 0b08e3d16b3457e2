// What an Error is called on the wire: one table from (code, reason) to HTTP status and exception type.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
//
// Threads: pure functions over constants.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace millrace::api::streams {

namespace reason {
inline constexpr std::string_view kUnknownOperation = "UnknownOperation";
inline constexpr std::string_view kExpiredIterator = "ExpiredIterator";
}  // namespace reason

struct WireError {
  ErrorCode code;
  std::string_view reason;  // empty: every other error of that code
  int status;
  std::string_view type;  // with its namespace, as AWS sends it
  // Replaces the error's own text where AWS has a fixed one or where it is nobody's business; empty: the error's own.
  std::string_view message;
  // The member that carries the text: SerializationException says "Message", all others "message".
  std::string_view member = "message";
};

// A reason decides before a code.
const WireError& FindWireError(const Error& error);
// The whole table, for its test.
std::span<const WireError> WireErrors();

struct ErrorAnswer {
  int status = 400;
  std::string body;  // {"__type": …, "message": …}
};
// An error of ours is also logged.
ErrorAnswer RenderError(const Error& error);

}  // namespace millrace::api::streams
