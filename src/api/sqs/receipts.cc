// The operations on received messages: DeleteMessage, ChangeMessageVisibility, and their batches.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
#include "api/sqs/batch.h"
#include "api/sqs/operations.h"

namespace millrace::api::sqs {
namespace {

using engine::ReceiptOutcome;
using Outcomes = Result<std::vector<ReceiptOutcome>>;

Error Malformed(std::string_view receipt) {
  return Wrong(reason::kReceiptHandleIsInvalid, "The input receipt handle \"{}\" is not a valid receipt handle.",
               receipt);
}

Status DeleteStatus(ReceiptOutcome outcome, std::string_view receipt) {
  switch (outcome) {
    case ReceiptOutcome::kDone:
    case ReceiptOutcome::kUnknown:  // deleted before, or received again: SQS says nothing
      return Ok();
    case ReceiptOutcome::kExpired:
      return InvalidValue(receipt, "ReceiptHandle", "The receipt handle has expired.");
    case ReceiptOutcome::kMalformed:
      break;
  }
  return Malformed(receipt);
}

Status VisibilityStatus(ReceiptOutcome outcome, std::string_view receipt) {
  if (outcome == ReceiptOutcome::kDone) return Ok();
  if (outcome == ReceiptOutcome::kMalformed) return Malformed(receipt);
  return InvalidValue(receipt, "ReceiptHandle",
                      "Message does not exist or is not available for visibility timeout change.");
}

Result<engine::VisibilityChange> ReadChange(const json::Value& entry) {
  engine::VisibilityChange change;
  ASSIGN_OR_RETURN(const std::string_view receipt, NeededText(entry, "ReceiptHandle"));
  change.receipt = receipt;
  ASSIGN_OR_RETURN(const auto seconds, Whole(entry, "VisibilityTimeout"));
  if (!seconds) return Missing("VisibilityTimeout");
  if (*seconds < 0 || *seconds > engine::queue_limits::kVisibilityMax.count())
    return InvalidValue(std::to_string(*seconds), "VisibilityTimeout",
                        "VisibilityTimeout must be an integer between 0 and 43200.");
  change.visibility = std::chrono::seconds(*seconds);
  return change;
}

using Judge = Status (*)(ReceiptOutcome, std::string_view);

engine::Queues::ReceiptsDone AnswerOne(Answer answer, std::string receipt, Judge judge) {
  return [answer = std::move(answer), receipt = std::move(receipt), judge](const Outcomes& outcomes) {
    if (!outcomes.ok()) return answer.send(outcomes.error());
    const Status status = judge(outcomes->front(), receipt);
    status.ok() ? answer.send("{}") : answer.send(status.error());
  };
}

// `receipts` are of the entries that have not failed before.
engine::Queues::ReceiptsDone AnswerBatch(Answer answer, BatchAnswer batch, std::vector<std::string> receipts,
                                         Judge judge) {
  return [answer = std::move(answer), batch = std::move(batch), receipts = std::move(receipts),
          judge](const Outcomes& outcomes) mutable {
    if (!outcomes.ok()) return answer.send(outcomes.error());
    std::size_t next = 0;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (batch.failed(i)) continue;
      const Status status = judge((*outcomes)[next], receipts[next]);
      ++next;
      if (!status.ok()) batch.Fail(i, status.error());
    }
    answer.send(batch.Render([](json::Writer&, std::size_t) {}));
  };
}

}  // namespace

void DeleteMessage(const Call& call, Answer answer) {
  const auto queue = FindQueue(call);
  if (!queue.ok()) return answer.send(queue.error());
  const auto receipt = NeededText(call.request, "ReceiptHandle");
  if (!receipt.ok()) return answer.send(receipt.error());
  call.engine.queues().Delete((*queue)->id, {std::string(*receipt)},
                              AnswerOne(std::move(answer), std::string(*receipt), DeleteStatus));
}

void DeleteMessageBatch(const Call& call, Answer answer) {
  const auto queue = FindQueue(call);
  if (!queue.ok()) return answer.send(queue.error());
  const auto entries = ReadEntries(call.request, "DeleteMessageBatchRequestEntry");
  if (!entries.ok()) return answer.send(entries.error());
  BatchAnswer batch(*entries);
  std::vector<std::string> receipts;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto receipt = NeededText(*(*entries)[i], "ReceiptHandle");
    if (receipt.ok()) {
      receipts.emplace_back(*receipt);
    } else {
      batch.Fail(i, receipt.error());
    }
  }
  call.engine.queues().Delete((*queue)->id, receipts,
                              AnswerBatch(std::move(answer), std::move(batch), receipts, DeleteStatus));
}

void ChangeMessageVisibility(const Call& call, Answer answer) {
  const auto queue = FindQueue(call);
  if (!queue.ok()) return answer.send(queue.error());
  const auto change = ReadChange(call.request);
  if (!change.ok()) return answer.send(change.error());
  call.engine.queues().ChangeVisibility((*queue)->id, {*change},
                                        AnswerOne(std::move(answer), change->receipt, VisibilityStatus));
}

void ChangeMessageVisibilityBatch(const Call& call, Answer answer) {
  const auto queue = FindQueue(call);
  if (!queue.ok()) return answer.send(queue.error());
  const auto entries = ReadEntries(call.request, "ChangeMessageVisibilityBatchRequestEntry");
  if (!entries.ok()) return answer.send(entries.error());
  BatchAnswer batch(*entries);
  std::vector<std::string> receipts;
  std::vector<engine::VisibilityChange> changes;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto change = ReadChange(*(*entries)[i]);
    if (change.ok()) {
      receipts.push_back(change->receipt);
      changes.push_back(*std::move(change));
    } else {
      batch.Fail(i, change.error());
    }
  }
  call.engine.queues().ChangeVisibility(
      (*queue)->id, std::move(changes),
      AnswerBatch(std::move(answer), std::move(batch), std::move(receipts), VisibilityStatus));
}

}  // namespace millrace::api::sqs
