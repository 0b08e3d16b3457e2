#include "app/failure_queue.h"

#include "aws/message_attributes.h"
#include "http/digest.h"
#include "json/write.h"
#include "transform/envelope.h"

namespace millrace::app {
namespace {

constexpr std::size_t kAttributeBytesMax = 1024;
constexpr std::size_t kFifoIdBytesMax = 128;

// AWS knows two conditions; a record that a target will never take has used up its tries.
std::string_view ConditionOf(flow::DeadReason reason) {
  return reason == flow::DeadReason::kAgeExceeded ? "RecordAgeExceeded" : "RetryAttemptsExhausted";
}

void WriteBatchInfo(json::Writer& writer, const FailureOrigin& origin, const flow::DeadLetter& letter) {
  const std::string arrival = transform::FormatTimeMillis(letter.record.time_ms);
  const auto text = [&](std::string_view name, std::string_view value) {
    writer.Key(name);
    writer.String(value);
  };
  writer.BeginObject();
  if (letter.record.receives > 0 || letter.record.shard.empty()) {  // of a queue
    text("messageId", letter.record.id);
  } else {
    text("shardId", letter.record.shard);
    text("startSequenceNumber", letter.record.offset);
    text("endSequenceNumber", letter.record.offset);
  }
  text("approximateArrivalOfFirstRecord", arrival);
  text("approximateArrivalOfLastRecord", arrival);
  writer.Key("batchSize");
  writer.Integer(1);
  text(letter.record.shard.empty() ? "queueArn" : "streamArn", origin.source_arn);
  writer.EndObject();
}

// What FIFO queues take as a group or a deduplication id.
std::string FifoId(std::string_view text) {
  bool plain = !text.empty() && text.size() <= kFifoIdBytesMax;
  for (const char c : text) plain &= c > ' ' && c < 0x7f;
  return plain ? std::string(text) : http::Hex(http::Sha256(text));
}

}  // namespace

std::string FailureDocument(const FailureOrigin& origin, const flow::DeadLetter& letter, bool with_payload,
                            std::string_view request_id) {
  if (origin.kind == FailureOrigin::Kind::kRule) return letter.record.body;
  std::string document;
  json::Writer writer(&document);
  const auto text = [&](std::string_view name, std::string_view value) {
    writer.Key(name);
    writer.String(value);
  };
  const bool mapping = origin.kind == FailureOrigin::Kind::kMapping;
  writer.BeginObject();
  if (mapping) {
    writer.Key("requestContext");
    writer.BeginObject();
    text("requestId", request_id);
    text("functionArn", origin.arn);
    text("condition", ConditionOf(letter.reason));
    writer.Key("approximateInvokeCount");
    writer.Integer(letter.attempts);
    writer.EndObject();
    writer.Key("responseContext");
    writer.BeginObject();
    writer.Key("statusCode");
    writer.Integer(200);
    text("executedVersion", "$LATEST");
    text("functionError", "Unhandled");
    writer.EndObject();
  } else {
    writer.Key("context");
    writer.BeginObject();
    text("partnerResourceArn", origin.arn);
    text("condition", ConditionOf(letter.reason));
    writer.EndObject();
  }
  text("version", "1.0");
  text("timestamp", transform::FormatTimeMillis(letter.dead_ms));
  writer.Key(letter.record.shard.empty() ? "SQSBatchInfo" : "DDBStreamBatchInfo");
  WriteBatchInfo(writer, origin, letter);
  text("errorMessage", letter.cause);
  if (with_payload) {
    writer.Key("payload");
    writer.RawValue() += (mapping ? R"({"Records":[)" : "[") + letter.record.body + (mapping ? "]}" : "]");
  }
  writer.EndObject();
  return document;
}

void FailureQueue::Send(const flow::DeadLetter& letter, std::vector<flow::StateRow> rows,
                        std::function<void(Status)> done) {
  const auto queue = engine_.catalogue()->FindQueue(queue_);
  if (queue == nullptr) return done(Err(ErrorCode::kUnavailable, {}, "its queue was deleted"));
  const std::string request_id = random_.Uuid();
  engine::OutgoingMessage message;
  message.body = FailureDocument(origin_, letter, true, request_id);
  if (message.body.size() > queue->settings.message_bytes_max)
    message.body = FailureDocument(origin_, letter, false, request_id);
  if (queue->settings.fifo) {
    message.group = FifoId(letter.record.order_key);
    message.deduplication_id = FifoId(letter.record.id);
  }
  if (origin_.kind == FailureOrigin::Kind::kRule) {
    const auto text = [](std::string name, std::string_view value) {
      return aws::MessageAttribute{std::move(name), "String", std::string(value.substr(0, kAttributeBytesMax))};
    };
    message.attributes = aws::EncodeMessageAttributes(
        {text("RULE_ARN", origin_.arn),
         text("TARGET_ARN", origin_.target_arn),
         text("ERROR_CODE", letter.reason == flow::DeadReason::kRejected ? "REJECTED" : "SDK_CLIENT_ERROR"),
         text("ERROR_MESSAGE", letter.cause.empty() ? "unknown" : letter.cause),
         text("EXHAUSTED_RETRY_CONDITION",
              letter.reason == flow::DeadReason::kAgeExceeded ? "MaximumEventAgeInSeconds" : "MaximumRetryAttempts"),
         {"RETRY_ATTEMPTS", "Number", std::to_string(letter.attempts == 0 ? 0 : letter.attempts - 1)}});
  }
  engine::SendRequest request;
  request.queue = queue_;
  request.messages.push_back(std::move(message));
  for (flow::StateRow& row : rows) request.state.push_back({std::move(row.key), std::move(row.value)});
  engine_.queues().Send(std::move(request), [done = std::move(done)](const auto& sent) {
    done(sent.ok() ? Ok() : Status(tl::unexpect, sent.error()));
  });
}

}  // namespace millrace::app
