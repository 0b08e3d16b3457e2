// The SQS operations: one function each, and the table that finds them.
//
// Source:  https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
//
// Threads: functions on the request thread; see Call and Answer.
// Failure: errors with the reasons of errors.h.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/sqs/call.h"

namespace millrace::api::sqs {

inline constexpr std::string_view kTargetPrefix = "AmazonSQS.";

struct Operation {
  std::string_view name;
  // Exactly one is set: answered at once, or whenever it is done.
  Result<std::string> (*run)(const Call& call) = nullptr;
  void (*start)(const Call& call, Answer answer) = nullptr;
};

std::span<const Operation> Operations();
// Null if there is none.
const Operation* FindOperation(std::string_view name);

Result<std::string> CancelMessageMoveTask(const Call& call);
Result<std::string> CreateQueue(const Call& call);
Result<std::string> DeleteQueue(const Call& call);
Result<std::string> GetQueueAttributes(const Call& call);
Result<std::string> GetQueueUrl(const Call& call);
Result<std::string> ListDeadLetterSourceQueues(const Call& call);
Result<std::string> ListMessageMoveTasks(const Call& call);
Result<std::string> ListQueueTags(const Call& call);
Result<std::string> ListQueues(const Call& call);
Result<std::string> PurgeQueue(const Call& call);
Result<std::string> SetQueueAttributes(const Call& call);
Result<std::string> StartMessageMoveTask(const Call& call);
Result<std::string> TagQueue(const Call& call);
Result<std::string> UntagQueue(const Call& call);
void ChangeMessageVisibility(const Call& call, Answer answer);
void ChangeMessageVisibilityBatch(const Call& call, Answer answer);
void DeleteMessage(const Call& call, Answer answer);
void DeleteMessageBatch(const Call& call, Answer answer);
void ReceiveMessage(const Call& call, Answer answer);
void SendMessage(const Call& call, Answer answer);
void SendMessageBatch(const Call& call, Answer answer);

}  // namespace millrace::api::sqs
