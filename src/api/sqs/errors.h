// Errors of SQS: what each is called in the JSON protocol and in the older query protocol.
//
// An error's reason is its name in the JSON protocol's model ("QueueDoesNotExist"). Clients of that protocol that came
// from the older one read the header x-amzn-query-error.
// Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
//
// Threads: pure functions over constants.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace millrace::api::sqs {

namespace reason {
inline constexpr std::string_view kQueueDoesNotExist = "QueueDoesNotExist";
inline constexpr std::string_view kQueueNameExists = "QueueNameExists";
inline constexpr std::string_view kInvalidParameterValue = "InvalidParameterValue";
inline constexpr std::string_view kMissingParameter = "MissingParameter";
inline constexpr std::string_view kTooManyEntries = "TooManyEntriesInBatchRequest";
inline constexpr std::string_view kEmptyBatch = "EmptyBatchRequest";
inline constexpr std::string_view kIdsNotDistinct = "BatchEntryIdsNotDistinct";
inline constexpr std::string_view kInvalidBatchEntryId = "InvalidBatchEntryId";
inline constexpr std::string_view kBatchTooLong = "BatchRequestTooLong";
inline constexpr std::string_view kInvalidAttributeName = "InvalidAttributeName";
inline constexpr std::string_view kInvalidAttributeValue = "InvalidAttributeValue";
inline constexpr std::string_view kReceiptHandleIsInvalid = "ReceiptHandleIsInvalid";
inline constexpr std::string_view kInvalidMessageContents = "InvalidMessageContents";
inline constexpr std::string_view kPurgeInProgress = "PurgeQueueInProgress";
inline constexpr std::string_view kOverLimit = "OverLimit";
inline constexpr std::string_view kUnsupportedOperation = "UnsupportedOperation";
inline constexpr std::string_view kResourceNotFound = "ResourceNotFoundException";
}  // namespace reason

struct SqsError {
  int status = 400;
  std::string type;        // "com.amazonaws.sqs#QueueDoesNotExist"
  std::string query_code;  // "AWS.SimpleQueueService.NonExistentQueue"
  std::string message;
  bool sender_fault = true;
};
SqsError Describe(const Error& error);

template <class... Args>
Error Wrong(std::string_view reason, fmt::format_string<Args...> format, Args&&... args) {
  return Err(ErrorCode::kInvalidArgument, reason, format, std::forward<Args>(args)...);
}
// "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."
Error InvalidValue(std::string_view value, std::string_view parameter, std::string_view why);
// "The request must contain the parameter QueueUrl."
Error Missing(std::string_view parameter);

}  // namespace millrace::api::sqs
