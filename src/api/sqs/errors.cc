#include "api/sqs/errors.h"

#include "aws/request_reader.h"
#include "aws/wire_error.h"
#include "engine/engine.h"

namespace millrace::api::sqs {
namespace {

struct Row {
  std::string_view reason;
  std::string_view type;
  std::string_view query_code;
  int status = 400;
};

constexpr Row kRows[] = {
    {reason::kQueueDoesNotExist, "com.amazonaws.sqs#QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"},
    {reason::kQueueNameExists, "com.amazonaws.sqs#QueueNameExists", "QueueAlreadyExists"},
    {reason::kInvalidParameterValue, "com.amazon.coral.service#InvalidParameterValueException",
     "InvalidParameterValue"},
    {reason::kMissingParameter, "com.amazon.coral.service#MissingRequiredParameterException", "MissingParameter"},
    {reason::kTooManyEntries, "com.amazonaws.sqs#TooManyEntriesInBatchRequest",
     "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"},
    {reason::kEmptyBatch, "com.amazonaws.sqs#EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest"},
    {reason::kIdsNotDistinct, "com.amazonaws.sqs#BatchEntryIdsNotDistinct",
     "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"},
    {reason::kInvalidBatchEntryId, "com.amazonaws.sqs#InvalidBatchEntryId",
     "AWS.SimpleQueueService.InvalidBatchEntryId"},
    {reason::kBatchTooLong, "com.amazonaws.sqs#BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong"},
    {reason::kInvalidAttributeName, "com.amazonaws.sqs#InvalidAttributeName", "InvalidAttributeName"},
    {reason::kInvalidAttributeValue, "com.amazonaws.sqs#InvalidAttributeValue", "InvalidAttributeValue"},
    {reason::kReceiptHandleIsInvalid, "com.amazonaws.sqs#ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid"},
    {reason::kInvalidMessageContents, "com.amazonaws.sqs#InvalidMessageContents", "InvalidMessageContents"},
    {reason::kPurgeInProgress, "com.amazonaws.sqs#PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress",
     403},
    {reason::kOverLimit, "com.amazonaws.sqs#OverLimit", "OverLimit", 403},
    {reason::kUnsupportedOperation, "com.amazonaws.sqs#UnsupportedOperation",
     "AWS.SimpleQueueService.UnsupportedOperation"},
    {reason::kResourceNotFound, "com.amazonaws.sqs#ResourceNotFoundException", "ResourceNotFoundException", 404},
    {aws::reason::kSerialization, aws::wire::kSerialization, "MalformedInput"},
    {aws::reason::kUnknownOperation, aws::wire::kUnknownOperation, "InvalidAction"},
};

constexpr std::string_view kGone = "The specified queue does not exist.";

}  // namespace

SqsError Describe(const Error& error) {
  // The engine's own, which only a race brings this far.
  if (error.reason() == engine::reason::kQueueNotFound) return Describe(Wrong(reason::kQueueDoesNotExist, "{}", kGone));
  if (error.reason() == engine::reason::kOverloaded)
    return {.status = 403,
            .type = "com.amazonaws.sqs#RequestThrottled",
            .query_code = "RequestThrottled",
            .message = "Too many requests are waiting for the disk. Try again."};
  for (const Row& row : kRows)
    if (row.reason == error.reason())
      return {.status = row.status,
              .type = std::string(row.type),
              .query_code = std::string(row.query_code),
              .message = error.message()};
  return {.status = 500,
          .type = "com.amazonaws.sqs#InternalFailure",
          .query_code = "InternalFailure",
          .message = std::string(aws::wire::kServerErrorText),
          .sender_fault = false};
}

Error InvalidValue(std::string_view value, std::string_view parameter, std::string_view why) {
  return Wrong(reason::kInvalidParameterValue, "Value {} for parameter {} is invalid. Reason: {}", value, parameter,
               why);
}

Error Missing(std::string_view parameter) {
  return Wrong(reason::kMissingParameter, "The request must contain the parameter {}.", parameter);
}

}  // namespace millrace::api::sqs
