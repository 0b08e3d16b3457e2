#include "sources/queue/queue_source.h"

#include <algorithm>

#include "aws/message_attributes.h"
#include "json/write.h"
#include "model/base64.h"

namespace millrace::sources {
namespace {

// A lease outlives the process that has it, and holds up its message, and its group. Who holds one for longer extends
// it.
constexpr std::chrono::milliseconds kLeaseMin = std::chrono::seconds(1);
constexpr std::chrono::milliseconds kLeaseMax = std::chrono::seconds(10);

void WriteAttribute(json::Writer& out, const aws::MessageAttribute& attribute) {
  out.Key(attribute.name);
  out.BeginObject();
  if (attribute.binary) {
    out.Key("binaryValue");
    out.String(model::Base64Encode(attribute.value));
  } else {
    out.Key("stringValue");
    out.String(attribute.value);
  }
  out.Key("stringListValues");
  out.BeginArray();
  out.EndArray();
  out.Key("binaryListValues");
  out.BeginArray();
  out.EndArray();
  out.Key("dataType");
  out.String(attribute.type);
  out.EndObject();
}

}  // namespace

QueueSource::QueueSource(engine::Engine& engine, const engine::Queue& queue)
    : engine_(engine),
      id_(queue.id),
      name_("queue/" + queue.name),
      arn_(queue.arn),
      account_(queue.account),
      region_(queue.region),
      fifo_(queue.settings.fifo) {}

std::chrono::milliseconds QueueSource::lease() const {
  const auto queue = engine_.catalogue()->FindQueue(id_);
  return std::clamp(queue == nullptr ? kLeaseMin : queue->settings.visibility, kLeaseMin, kLeaseMax);
}

Result<flow::Record> QueueSource::RecordOf(engine::ReceivedMessage message) const {
  ASSIGN_OR_RETURN(const auto attributes, aws::DecodeMessageAttributes(message.attributes));
  flow::Record record;
  json::Writer out(&record.body);
  const auto text = [&out](std::string_view key, std::string_view value) {
    out.Key(key);
    out.String(value);
  };
  out.BeginObject();
  text("messageId", message.id);
  text("receiptHandle", message.receipt);
  text("body", message.body);
  out.Key("attributes");
  out.BeginObject();
  text("ApproximateReceiveCount", std::to_string(message.receives));
  text("SentTimestamp", std::to_string(message.sent_ms));
  text("SenderId", message.sender.empty() ? account_ : message.sender);
  text("ApproximateFirstReceiveTimestamp", std::to_string(message.first_received_ms));
  if (fifo_) {
    text("SequenceNumber", engine::FormatMessageSequence(message.sequence));
    text("MessageDeduplicationId", message.deduplication_id);
  }
  if (!message.group.empty()) text("MessageGroupId", message.group);
  if (!message.dead_letter_source.empty()) text("DeadLetterQueueSourceArn", message.dead_letter_source);
  for (const aws::MessageAttribute& attribute : attributes)
    if (attribute.system) text(attribute.name, attribute.value);
  out.EndObject();
  out.Key("messageAttributes");
  out.BeginObject();
  for (const aws::MessageAttribute& attribute : attributes)
    if (!attribute.system) WriteAttribute(out, attribute);
  out.EndObject();
  text("md5OfBody", aws::Md5OfMessageBody(message.body));
  const std::string checksum = aws::Md5OfMessageAttributes(attributes, aws::AttributeKind::kUser);
  if (!checksum.empty()) text("md5OfMessageAttributes", checksum);
  text("eventSource", "aws:sqs");
  text("eventSourceARN", arn_);
  text("awsRegion", region_);
  out.EndObject();

  record.order_key = fifo_ ? std::move(message.group) : message.id;
  record.id = std::move(message.id);
  record.offset = std::move(message.receipt);
  record.time_ms = message.sent_ms;
  record.receives = message.receives;
  return record;
}

void QueueSource::Receive(const flow::ReadLimits& limits, ReceiveDone done) {
  engine::ReceiveRequest request;
  request.queue = id_;
  request.messages_max = std::min(limits.records_max, engine::queue_limits::kReceiveMax);
  request.bytes_max = limits.bytes_max;
  request.visibility = lease();
  engine_.queues().Receive(request, [this, done = std::move(done)](Result<engine::ReceiveResult> result) {
    flow::Received received;
    if (!result.ok()) {
      const Error& error = result.error();
      if (error.reason() == engine::reason::kOverLimit) {  // a deletion wakes the watchers
        received.at_end = true;
        return done(std::move(received));
      }
      if (error.reason() == engine::reason::kQueueNotFound)
        return done(Err(ErrorCode::kUnavailable, {}, "{} was deleted", name_));
      return done(error);
    }
    received.at_end = result->at_end;
    received.records.reserve(result->messages.size());
    for (engine::ReceivedMessage& message : result->messages) {
      auto record = RecordOf(std::move(message));
      if (!record.ok()) return done(record.error().WithContext(name_));
      received.records.push_back(*std::move(record));
    }
    done(std::move(received));
  });
}

void QueueSource::Acknowledge(std::vector<std::string> receipts, Done done) {
  engine_.queues().Delete(id_, std::move(receipts),
                          [done = std::move(done)](Result<std::vector<engine::ReceiptOutcome>> outcomes) {
                            outcomes.ok() ? done(Ok()) : done(outcomes.error());
                          });
}

void QueueSource::ChangeVisibility(std::vector<engine::VisibilityChange> changes, Done done) {
  engine_.queues().ChangeVisibility(id_, std::move(changes),
                                    [done = std::move(done)](Result<std::vector<engine::ReceiptOutcome>> outcomes) {
                                      outcomes.ok() ? done(Ok()) : done(outcomes.error());
                                    });
}

void QueueSource::Return(std::vector<flow::Returned> messages, Done done) {
  std::vector<engine::VisibilityChange> changes;
  for (flow::Returned& message : messages)
    changes.push_back({.receipt = std::move(message.receipt),
                       .visibility = std::clamp<std::chrono::milliseconds>(message.delay, std::chrono::milliseconds(0),
                                                                           engine::queue_limits::kVisibilityMax),
                       .untried = !message.tried});
  ChangeVisibility(std::move(changes), std::move(done));
}

void QueueSource::Extend(std::vector<std::string> receipts, Done done) {
  const std::chrono::milliseconds until = lease();
  std::vector<engine::VisibilityChange> changes;
  for (std::string& receipt : receipts) changes.push_back({.receipt = std::move(receipt), .visibility = until});
  ChangeVisibility(std::move(changes), std::move(done));
}

Result<flow::LogLag> QueueSource::Lag(std::size_t records_max) {
  const auto counted = engine_.queues().Counts(id_);
  if (!counted.ok() && counted.error().reason() == engine::reason::kQueueNotFound)
    return Err(ErrorCode::kUnavailable, {}, "{} was deleted", name_);
  ASSIGN_OR_RETURN(const engine::QueueCounts counts, counted);
  const std::uint64_t all = counts.visible + counts.in_flight + counts.delayed;
  flow::LogLag lag;
  lag.records = std::min<std::uint64_t>(all, records_max);
  lag.more = all > records_max;
  lag.oldest_ms = counts.oldest_ms;
  return lag;
}

std::uint64_t QueueSource::Watch(std::function<void()> wake) {
  return engine_.queues().AddListener(id_, std::move(wake));
}

void QueueSource::Unwatch(std::uint64_t id) {
  engine_.queues().RemoveListener(id);
}

}  // namespace millrace::sources
