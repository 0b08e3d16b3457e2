#include "api/sqs/operations.h"

namespace millrace::api::sqs {
namespace {

constexpr Operation kOperations[] = {
    {"CancelMessageMoveTask", CancelMessageMoveTask},
    {"ChangeMessageVisibility", nullptr, ChangeMessageVisibility},
    {"ChangeMessageVisibilityBatch", nullptr, ChangeMessageVisibilityBatch},
    {"CreateQueue", CreateQueue},
    {"DeleteMessage", nullptr, DeleteMessage},
    {"DeleteMessageBatch", nullptr, DeleteMessageBatch},
    {"DeleteQueue", DeleteQueue},
    {"GetQueueAttributes", GetQueueAttributes},
    {"GetQueueUrl", GetQueueUrl},
    {"ListDeadLetterSourceQueues", ListDeadLetterSourceQueues},
    {"ListMessageMoveTasks", ListMessageMoveTasks},
    {"ListQueueTags", ListQueueTags},
    {"ListQueues", ListQueues},
    {"PurgeQueue", PurgeQueue},
    {"ReceiveMessage", nullptr, ReceiveMessage},
    {"SendMessage", nullptr, SendMessage},
    {"SendMessageBatch", nullptr, SendMessageBatch},
    {"SetQueueAttributes", SetQueueAttributes},
    {"StartMessageMoveTask", StartMessageMoveTask},
    {"TagQueue", TagQueue},
    {"UntagQueue", UntagQueue},
};

}  // namespace

std::span<const Operation> Operations() {
  return kOperations;
}

const Operation* FindOperation(std::string_view name) {
  for (const Operation& operation : kOperations)
    if (operation.name == name) return &operation;
  return nullptr;
}

}  // namespace millrace::api::sqs
