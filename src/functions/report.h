// What Lambda says about an invocation: the documents of its errors and the lines of its log.
//
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
//
// Threads: functions without state.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "functions/function_options.h"
#include "functions/functions.h"

namespace millrace::functions {

// {"errorType":"Runtime.ExitError","errorMessage":"RequestId: … Error: Runtime exited with error: exit status 1"}
std::string ErrorDocument(std::string_view type, std::string_view message);
// Sets status, function_error, error_type, error_message and the payload that says so.
void SetError(InvokeResult& result, InvokeStatus status, std::string_view type, std::string message);
// The same from a document that a runtime has posted: the payload is that document. `type`: of the header, wins.
void SetPostedError(InvokeResult& result, InvokeStatus status, std::string_view type, std::string document);

// "RequestId: … Error: Task timed out after 3.00 seconds".
std::string TimeoutMessage(std::string_view request_id, std::chrono::milliseconds timeout);
// The line of the log: "2026-01-01T00:00:00.000Z … Task timed out after 3.00 seconds".
std::string TimeoutLine(std::string_view request_id, std::chrono::milliseconds timeout, WallTime now);
std::string StartLine(std::string_view request_id, std::string_view version);
std::string EndLine(std::string_view request_id);
std::string ReportLine(const InvokeResult& result, std::uint32_t memory_mib, std::uint32_t memory_used_mib);

}  // namespace millrace::functions
