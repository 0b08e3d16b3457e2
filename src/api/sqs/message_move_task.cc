// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListMessageMoveTasks.html
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CancelMessageMoveTask.html
#include <algorithm>

#include "api/sqs/move_tasks.h"
#include "api/sqs/operations.h"
#include "json/write.h"

namespace millrace::api::sqs {
namespace {

constexpr std::int64_t kPerSecondMax = 500;
constexpr std::int64_t kListMax = 10;

Result<std::shared_ptr<const engine::Queue>> QueueOf(const Call& call, std::string_view parameter,
                                                     std::string_view arn) {
  auto queue = call.engine.catalogue()->FindQueueByArn(arn);
  if (queue == nullptr)
    return Wrong(reason::kResourceNotFound, "The resource that you specified for the {} parameter doesn't exist.",
                 parameter);
  return queue;
}

}  // namespace

Result<std::string> StartMessageMoveTask(const Call& call) {
  ASSIGN_OR_RETURN(const auto source_arn, NeededText(call.request, "SourceArn"));
  ASSIGN_OR_RETURN(const auto destination_arn, Text(call.request, "DestinationArn"));
  ASSIGN_OR_RETURN(const auto per_second, Whole(call.request, "MaxNumberOfMessagesPerSecond"));
  if (per_second && (*per_second < 1 || *per_second > kPerSecondMax))
    return InvalidValue(std::to_string(*per_second), "MaxNumberOfMessagesPerSecond",
                        "Must be between 1 and 500, if provided.");
  ASSIGN_OR_RETURN(const auto source, QueueOf(call, "SourceArn", source_arn));
  const auto catalogue = call.engine.catalogue();
  const bool is_dead_letters = std::ranges::any_of(catalogue->queues(), [&](const auto& entry) {
    const auto& redrive = entry.second->settings.redrive;
    return redrive && redrive->dead_letter_arn == source->arn;
  });
  if (!is_dead_letters)
    return Wrong(reason::kInvalidParameterValue, "Source queue must be configured as a Dead Letter Queue.");
  if (destination_arn) {
    ASSIGN_OR_RETURN(const auto destination, QueueOf(call, "DestinationArn", *destination_arn));
    if (destination->id == source->id)
      return Wrong(reason::kInvalidParameterValue, "Source queue arn and destination queue arn cannot be the same.");
    if (destination->settings.fifo != source->settings.fifo)
      return Wrong(reason::kInvalidParameterValue, "Source queue type and destination queue type do not match.");
  }
  ASSIGN_OR_RETURN(const std::string handle,
                   call.tasks.Start(*source, std::string(destination_arn.value_or("")), per_second));
  std::string body;
  json::Writer out(&body);
  out.BeginObject();
  out.Key("TaskHandle");
  out.String(handle);
  out.EndObject();
  return body;
}

Result<std::string> CancelMessageMoveTask(const Call& call) {
  ASSIGN_OR_RETURN(const auto handle, NeededText(call.request, "TaskHandle"));
  ASSIGN_OR_RETURN(const std::uint64_t moved, call.tasks.Cancel(handle));
  std::string body;
  json::Writer out(&body);
  out.BeginObject();
  out.Key("ApproximateNumberOfMessagesMoved");
  out.Unsigned(moved);
  out.EndObject();
  return body;
}

Result<std::string> ListMessageMoveTasks(const Call& call) {
  ASSIGN_OR_RETURN(const auto source_arn, NeededText(call.request, "SourceArn"));
  ASSIGN_OR_RETURN(const auto max, Whole(call.request, "MaxResults"));
  if (max && (*max < 1 || *max > kListMax))
    return InvalidValue(std::to_string(*max), "MaxResults", "Must be between 1 and 10, if provided.");
  ASSIGN_OR_RETURN(const auto source, QueueOf(call, "SourceArn", source_arn));
  std::string body;
  json::Writer out(&body);
  out.BeginObject();
  out.Key("Results");
  out.BeginArray();
  for (const MoveTasks::Task& task : call.tasks.List(source->arn, static_cast<std::size_t>(max.value_or(1)))) {
    const auto text = [&out](std::string_view name, std::string_view value) {
      if (value.empty()) return;
      out.Key(name);
      out.String(value);
    };
    out.BeginObject();
    if (task.state == MoveTasks::State::kRunning) text("TaskHandle", task.handle);
    text("Status", StateName(task.state));
    text("SourceArn", task.source_arn);
    text("DestinationArn", task.destination_arn);
    if (task.per_second) {
      out.Key("MaxNumberOfMessagesPerSecond");
      out.Integer(*task.per_second);
    }
    out.Key("ApproximateNumberOfMessagesMoved");
    out.Unsigned(task.moved);
    out.Key("ApproximateNumberOfMessagesToMove");
    out.Unsigned(task.to_move);
    text("FailureReason", task.failure);
    out.Key("StartedTimestamp");
    out.Integer(task.started_ms);
    out.EndObject();
  }
  out.EndArray();
  out.EndObject();
  return body;
}

}  // namespace millrace::api::sqs
