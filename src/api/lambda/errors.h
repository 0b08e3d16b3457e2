// Errors of the Lambda API: from an Error's code and reason to what AWS answers.
//
// https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace millrace::api::lambda {

namespace reason {
inline constexpr std::string_view kValidation = "LambdaValidation";
inline constexpr std::string_view kInvalidContent = "LambdaInvalidRequestContent";
inline constexpr std::string_view kTooLarge = "LambdaRequestTooLarge";
inline constexpr std::string_view kCodeTooLarge = "LambdaCodeStorage";
}  // namespace reason

http::Response ErrorAnswer(const Error& error);

// "Function not found: arn:aws:lambda:…".
Error FunctionNotFound(std::string_view arn);
// "1 validation error detected: Value 'x' at 'functionName' failed to satisfy constraint: …".
Error ValidationError(std::string_view value, std::string_view member, std::string_view constraint);
// The same for a member that is missing.
Error MissingMember(std::string_view member);

}  // namespace millrace::api::lambda
