// EventBridge's names for errors: the table behind RenderError (aws/wire_error.h).
//
// Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/CommonErrors.html
//
// Threads: pure functions over constants.
#pragma once

#include <span>
#include <string_view>

#include "aws/wire_error.h"

namespace millrace::api::events {

namespace reason {
inline constexpr std::string_view kBadPattern = "InvalidEventPattern";
inline constexpr std::string_view kManaged = "ManagedByTheConfiguration";  // the file owns it
inline constexpr std::string_view kIllegalStatus = "IllegalStatus";
}  // namespace reason

std::span<const aws::WireError> WireErrors();

inline aws::JsonReply RenderError(const Error& error) {
  return aws::RenderError(WireErrors(), "events", error);
}

}  // namespace millrace::api::events
