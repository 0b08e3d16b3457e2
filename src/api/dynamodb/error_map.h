// DynamoDB's names for errors: the table behind RenderError (aws/wire_error.h).
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
//
// Threads: constants.
#pragma once

#include <span>
#include <string_view>

#include "aws/wire_error.h"

namespace millrace::api::dynamodb {

std::span<const aws::WireError> WireErrors();

// Types of errors that carry more than a text.
inline constexpr std::string_view kConditionalCheckFailedType =
    "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
inline constexpr std::string_view kTransactionCanceledType =
    "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";

}  // namespace millrace::api::dynamodb
