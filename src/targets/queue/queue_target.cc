#include "targets/queue/queue_target.h"

#include <algorithm>

#include "http/digest.h"

namespace millrace::targets {
namespace {

constexpr std::size_t kIdCharactersMax = 128;

// A group or a deduplication id as SQS allows it.
std::string IdOf(std::string text) {
  const bool allowed = !text.empty() && text.size() <= kIdCharactersMax &&
                       std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
  return allowed ? std::move(text) : http::Hex(http::Sha256(text));
}

}  // namespace

QueueTarget::QueueTarget(engine::Engine& engine, const engine::Queue& queue, QueueTargetOptions options)
    : engine_(engine),
      scope_(queue.scope),
      queue_(queue.name),
      name_("queue/" + queue.name),
      account_(queue.account),
      fifo_(queue.settings.fifo),
      options_(std::move(options)) {}

Result<engine::OutgoingMessage> QueueTarget::MessageOf(const flow::Record& record, std::size_t bytes_max) const {
  if (record.body.empty())
    return InvalidArgument("record {} has no body, and {} takes no empty messages", record.id, name_);
  if (record.body.size() > bytes_max)
    return InvalidArgument("record {} has {} bytes, and a message of {} has at most {}", record.id, record.body.size(),
                           name_, bytes_max);
  engine::OutgoingMessage message;
  message.body = record.body;
  message.sender = account_;
  if (fifo_) {
    message.group = record.order_key;
    message.deduplication_id = record.id;
    if (record.parameters != nullptr) {
      message.group = record.parameters->group.value_or(std::move(message.group));
      message.deduplication_id = record.parameters->deduplication_id.value_or(std::move(message.deduplication_id));
    }
    message.group = IdOf(std::move(message.group));
    message.deduplication_id = IdOf(std::move(message.deduplication_id));
  } else {
    message.delay = options_.delay;
  }
  return message;
}

void QueueTarget::Write(std::span<const flow::Record> batch, std::vector<flow::StateRow> state, Done done) {
  const auto queue = engine_.catalogue()->FindQueue(scope_, queue_);
  engine::SendRequest request{.queue = queue == nullptr ? engine::QueueId() : queue->id, .messages = {}, .state = {}};
  auto refused = flow::WriteReport::AllFailed(batch.size(), flow::EntryOutcome::kRetry,
                                              Err(ErrorCode::kUnavailable, {}, "{} does not exist", name_));
  refused.target_down = true;
  if (queue == nullptr) return done(std::move(refused));
  std::optional<Error> first;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto message = MessageOf(batch[i], queue->settings.message_bytes_max);
    if (message.ok()) {
      request.messages.push_back(*std::move(message));
      continue;
    }
    refused.entries[i] = flow::EntryOutcome::kReject;
    if (!first) first = message.error();
  }
  if (first) {
    refused.error = std::move(first);
    refused.target_down = false;
    return done(std::move(refused));
  }
  for (flow::StateRow& row : state) request.state.push_back({std::move(row.key), std::move(row.value)});
  engine_.queues().Send(std::move(request), [count = batch.size(),
                                             done = std::move(done)](Result<std::vector<engine::SentMessage>> sent) {
    if (sent.ok()) return done(flow::WriteReport::AllTaken(count));
    auto report = flow::WriteReport::AllFailed(count, flow::EntryOutcome::kRetry, std::move(sent).error());
    report.target_down = true;
    done(std::move(report));
  });
}

}  // namespace millrace::targets
