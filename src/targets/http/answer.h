// What an endpoint's answer, or the lack of one, means for the records that were sent.
//
//   2xx                        taken
//   401, 407                   tried again, target down: the credentials are refused, not the record
//   408, 409, 425, 5xx         tried again
//   429, 503                   tried again, target down
//   3xx                        rejected: redirects are not followed
//   any other status           rejected
//   no connection, no answer in time, an address that is not allowed    tried again, target down
//   the connection breaks off, or what comes is not HTTP                tried again
//
// EventBridge retries 401, 407, 409, 429 and 5xx and reads Retry-After:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
//
// Threads: functions without state.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "flow/target.h"
#include "http/client.h"

namespace millrace::targets {

inline constexpr std::chrono::milliseconds kRetryAfterMax{3'600'000};

// `address`: "host:port", for the error. `secrets` are blotted out of what the error shows of the body.
flow::WriteReport ReportAnswer(const http::ClientResponse& response, std::size_t records, std::string_view address,
                               std::span<const std::string_view> secrets, WallTime now);
flow::WriteReport ReportNoAnswer(Error error, std::size_t records);

// Retry-After: seconds or a date (RFC 9110 section 10.2.3), at most kRetryAfterMax. None for any other text.
std::optional<std::chrono::milliseconds> ParseRetryAfter(std::string_view text, WallTime now);

// The beginning of a body for an error text: on one line, at most 200 characters, without control characters, without
// what is not UTF-8, without secrets.
std::string Excerpt(std::string_view body, std::span<const std::string_view> secrets);

}  // namespace millrace::targets
