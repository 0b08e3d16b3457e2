// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
#include <algorithm>

#include "api/sqs/operations.h"
#include "api/sqs/poller.h"
#include "aws/message_attributes.h"
#include "json/write.h"
#include "model/base64.h"

namespace millrace::api::sqs {
namespace {

using aws::MessageAttribute;
using Names = std::vector<std::string>;

// What of a message is asked for.
struct Wanted {
  Names system;
  Names attributes;
  bool fifo = false;
};

bool Has(const Names& names, std::string_view name) {
  return std::ranges::any_of(names, [&](const std::string& wanted) { return wanted == "All" || wanted == name; });
}

// "All", ".*", the name, or a prefix with ".*" behind it.
bool WantsAttribute(const Names& names, std::string_view name) {
  return std::ranges::any_of(names, [&](std::string_view wanted) {
    if (wanted == "All" || wanted == ".*" || wanted == name) return true;
    return wanted.ends_with(".*") && name.starts_with(wanted.substr(0, wanted.size() - 2));
  });
}

void WriteSystemAttributes(json::Writer& out, const engine::ReceivedMessage& message,
                           const std::vector<MessageAttribute>& attributes, const Wanted& wanted) {
  bool any = false;
  const auto text = [&](std::string_view name, std::string_view value) {
    if (value.empty() || !Has(wanted.system, name)) return;
    if (!std::exchange(any, true)) {
      out.Key("Attributes");
      out.BeginObject();
    }
    out.Key(name);
    out.String(value);
  };
  text("SenderId", message.sender);
  text("SentTimestamp", std::to_string(message.sent_ms));
  text("ApproximateReceiveCount", std::to_string(message.receives));
  text("ApproximateFirstReceiveTimestamp", std::to_string(message.first_received_ms));
  if (wanted.fifo) text("SequenceNumber", engine::FormatMessageSequence(message.sequence));
  text("MessageDeduplicationId", message.deduplication_id);
  text("MessageGroupId", message.group);
  text("DeadLetterQueueSourceArn", message.dead_letter_source);
  for (const MessageAttribute& attribute : attributes)
    if (attribute.system) text(attribute.name, attribute.value);
  if (any) out.EndObject();
}

void WriteAttributes(json::Writer& out, const std::vector<MessageAttribute>& attributes) {
  if (attributes.empty()) return;
  out.Key("MD5OfMessageAttributes");
  out.String(aws::Md5OfMessageAttributes(attributes, aws::AttributeKind::kUser));
  out.Key("MessageAttributes");
  out.BeginObject();
  for (const MessageAttribute& attribute : attributes) {
    out.Key(attribute.name);
    out.BeginObject();
    out.Key(attribute.binary ? "BinaryValue" : "StringValue");
    out.String(attribute.binary ? model::Base64Encode(attribute.value) : attribute.value);
    out.Key("DataType");
    out.String(attribute.type);
    out.EndObject();
  }
  out.EndObject();
}

Result<std::string> Render(const engine::ReceiveResult& result, const Wanted& wanted) {
  std::string body;
  json::Writer out(&body);
  out.BeginObject();
  if (!result.messages.empty()) {
    out.Key("Messages");
    out.BeginArray();
    for (const engine::ReceivedMessage& message : result.messages) {
      ASSIGN_OR_RETURN(auto attributes, aws::DecodeMessageAttributes(message.attributes));
      out.BeginObject();
      out.Key("MessageId");
      out.String(message.id);
      out.Key("ReceiptHandle");
      out.String(message.receipt);
      out.Key("MD5OfBody");
      out.String(aws::Md5OfMessageBody(message.body));
      out.Key("Body");
      out.String(message.body);
      WriteSystemAttributes(out, message, attributes, wanted);
      std::erase_if(attributes, [&](const MessageAttribute& attribute) {
        return attribute.system || !WantsAttribute(wanted.attributes, attribute.name);
      });
      WriteAttributes(out, attributes);
      out.EndObject();
    }
    out.EndArray();
  }
  out.EndObject();
  return body;
}

struct Parsed {
  engine::ReceiveRequest request;
  std::chrono::milliseconds wait{0};
  Wanted wanted;
};

Result<Parsed> Read(const Call& call) {
  ASSIGN_OR_RETURN(const auto queue, FindQueue(call));
  Parsed parsed;
  parsed.request.queue = queue->id;
  parsed.wait = queue->settings.receive_wait;
  parsed.wanted.fifo = queue->settings.fifo;
  ASSIGN_OR_RETURN(const auto max, Whole(call.request, "MaxNumberOfMessages"));
  if (max && (*max < 1 || *max > 10))
    return InvalidValue(std::to_string(*max), "MaxNumberOfMessages", "Must be between 1 and 10, if provided.");
  parsed.request.messages_max = static_cast<std::size_t>(max.value_or(1));
  ASSIGN_OR_RETURN(const auto visibility, Whole(call.request, "VisibilityTimeout"));
  if (visibility) {
    if (*visibility < 0 || *visibility > engine::queue_limits::kVisibilityMax.count())
      return InvalidValue(std::to_string(*visibility), "VisibilityTimeout", "Must be >= 0 and <= 43200, if provided.");
    parsed.request.visibility = std::chrono::seconds(*visibility);
  }
  ASSIGN_OR_RETURN(const auto wait, Whole(call.request, "WaitTimeSeconds"));
  if (wait) {
    if (*wait < 0 || *wait > 20)
      return InvalidValue(std::to_string(*wait), "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.");
    parsed.wait = std::chrono::seconds(*wait);
  }
  ASSIGN_OR_RETURN(const auto attempt, Text(call.request, "ReceiveRequestAttemptId"));
  if (attempt && queue->settings.fifo) {
    if (!IsMessageId(*attempt))
      return InvalidValue(*attempt, "ReceiveRequestAttemptId",
                          "Can only include alphanumeric and punctuation characters. 1 to 128 in length.");
    parsed.request.attempt = *attempt;
  }
  for (const std::string_view member : {"AttributeNames", "MessageSystemAttributeNames"}) {
    ASSIGN_OR_RETURN(const auto names, Texts(call.request, member));
    parsed.wanted.system.insert(parsed.wanted.system.end(), names.begin(), names.end());
  }
  ASSIGN_OR_RETURN(const auto names, Texts(call.request, "MessageAttributeNames"));
  parsed.wanted.attributes.assign(names.begin(), names.end());
  return parsed;
}

}  // namespace

void ReceiveMessage(const Call& call, Answer answer) {
  auto parsed = Read(call);
  if (!parsed.ok()) return answer.send(parsed.error());
  const auto finish = [wanted = parsed->wanted, send = answer.send](const Result<engine::ReceiveResult>& result) {
    if (result.ok()) return send(Render(*result, wanted));
    if (result.error().reason() == engine::reason::kOverLimit)
      return send(
          Wrong(reason::kOverLimit, "Too many messages in flight: at most {}.", engine::queue_limits::kInFlightMax));
    send(result.error());
  };
  const MonoTime until = call.poller.now() + parsed->wait;
  const bool waits = parsed->wait.count() > 0;
  call.engine.queues().Receive(parsed->request, [finish, until, waits, request = parsed->request, &poller = call.poller,
                                                 connected = answer.connected](Result<engine::ReceiveResult> result) {
    if (!waits || !result.ok() || !result->messages.empty()) return finish(result);
    poller.Wait({.request = request, .until = until, .connected = connected, .done = finish});
  });
}

}  // namespace millrace::api::sqs
