// What an Error is called on the wire: one table from (code, reason) to HTTP status and DynamoDB's exception type.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
//
// Threads: pure functions over constants.
#pragma once

#include <span>
#include <string_view>

#include "base/error.h"

namespace millrace::api::dynamodb {

namespace reason {
inline constexpr std::string_view kUnknownOperation = "UnknownOperation";
}

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

// A reason decides before a code.
const WireError& FindWireError(const Error& error);
// The whole table, for its test.
std::span<const WireError> WireErrors();

// Types of errors that carry more than a text.
inline constexpr std::string_view kConditionalCheckFailedType =
    "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
inline constexpr std::string_view kTransactionCanceledType =
    "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";

}  // namespace millrace::api::dynamodb
