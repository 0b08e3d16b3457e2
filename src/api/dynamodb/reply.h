// Reply is a rendered answer: an HTTP status and a JSON body.
//
// Threads: plain value.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "aws/wire_error.h"
#include "base/error.h"

namespace millrace::api::dynamodb {

using Reply = aws::JsonReply;

// By the table in error_map.h.
Reply RenderError(const Error& error);

// `item`: stored bytes, if the request asked for the item that the condition failed on.
Reply RenderConditionalCheckFailed(const std::optional<std::string>& item);

struct CancellationReason {
  std::string_view code = "None";
  std::string message;              // empty: not told
  std::optional<std::string> item;  // stored bytes
};
// One reason per action, in the order of the actions.
Reply RenderTransactionCancelled(std::span<const CancellationReason> reasons);

}  // namespace millrace::api::dynamodb
