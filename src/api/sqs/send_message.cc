// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
#include <algorithm>

#include "api/sqs/batch.h"
#include "api/sqs/operations.h"
#include "aws/message_attributes.h"
#include "aws/request_reader.h"
#include "http/digest.h"
#include "json/write.h"
#include "model/base64.h"

namespace millrace::api::sqs {
namespace {

using aws::AttributeKind;
using aws::MessageAttribute;

constexpr std::size_t kAttributesMax = 10;
constexpr std::size_t kAttributeNameMax = 256;
constexpr std::string_view kNotForThisType = "The request includes a parameter that is not valid for this queue type.";

// What a message is sent as, and the checksums that are answered.
struct Prepared {
  engine::OutgoingMessage message;
  std::size_t bytes = 0;  // that count against limits
  std::string body_md5;
  std::string attributes_md5;
  std::string system_attributes_md5;
};

// XML 1.0's characters; the text is UTF-8.
bool HasOnlyXmlCharacters(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') return false;
    // U+FFFE and U+FFFF.
    if (c == 0xef && i + 2 < text.size() && static_cast<unsigned char>(text[i + 1]) == 0xbf &&
        static_cast<unsigned char>(text[i + 2]) >= 0xbe)
      return false;
  }
  return true;
}

Status CheckAttributeName(std::string_view name) {
  const bool allowed = std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.';
  });
  if (!name.empty() && name.size() <= kAttributeNameMax && allowed && !name.starts_with('.') && !name.ends_with('.') &&
      name.find("..") == std::string_view::npos)
    return Ok();
  return Wrong(reason::kInvalidParameterValue,
               "Message (user) attribute name '{}' is invalid: letters, digits, '_', "
               "'-' and single '.' between them, at most 256.",
               name.substr(0, 300));
}

Result<MessageAttribute> ReadAttribute(const json::Member& member) {
  if (!member.value.is_object()) return aws::WrongJsonType(member.value, "Structure");
  TRY(CheckAttributeName(member.name));
  ASSIGN_OR_RETURN(const auto type, Text(member.value, "DataType"));
  MessageAttribute attribute;
  attribute.name = member.name;
  if (!type || type->empty())
    return Wrong(reason::kInvalidParameterValue,
                 "The message attribute '{}' must contain non-empty message attribute "
                 "type.",
                 member.name);
  attribute.type = *type;
  const std::string_view kind = type->substr(0, type->find('.'));
  if (type->size() > kAttributeNameMax || (kind != "String" && kind != "Number" && kind != "Binary"))
    return Wrong(reason::kInvalidParameterValue,
                 "The message attribute '{}' has an invalid message attribute type, the set of supported type prefixes "
                 "is Binary, Number, and String.",
                 member.name);
  attribute.binary = kind == "Binary";
  const std::string_view field = attribute.binary ? "BinaryValue" : "StringValue";
  ASSIGN_OR_RETURN(const auto value, Text(member.value, field));
  if (!value || value->empty())
    return Wrong(reason::kInvalidParameterValue,
                 "The message attribute '{}' must contain non-empty message attribute value for message attribute type "
                 "'{}'.",
                 member.name, *type);
  if (attribute.binary) {
    auto bytes = model::Base64Decode(*value);
    if (!bytes)
      return Wrong(reason::kInvalidParameterValue, "The value of the message attribute '{}' is not Base64.",
                   member.name);
    attribute.value = *std::move(bytes);
  } else {
    if (!HasOnlyXmlCharacters(*value))
      return Wrong(reason::kInvalidParameterValue,
                   "Message attribute value '{}' for message attribute '{}' has characters that are not allowed.",
                   value->substr(0, 64), member.name);
    attribute.value = *value;
  }
  return attribute;
}

Result<std::vector<MessageAttribute>> ReadAttributes(const json::Value& entry) {
  std::vector<MessageAttribute> attributes;
  if (const json::Value* given = entry.Find("MessageAttributes"); given != nullptr && !given->is_null()) {
    if (!given->is_object()) return aws::WrongJsonType(*given, "Structure");
    if (given->object().size() > kAttributesMax)
      return Wrong(reason::kInvalidParameterValue,
                   "Number of message attributes [{}] exceeds the allowed maximum [10].", given->object().size());
    for (const json::Member& member : given->object()) {
      ASSIGN_OR_RETURN(MessageAttribute attribute, ReadAttribute(member));
      attributes.push_back(std::move(attribute));
    }
  }
  if (const json::Value* given = entry.Find("MessageSystemAttributes"); given != nullptr && !given->is_null()) {
    if (!given->is_object()) return aws::WrongJsonType(*given, "Structure");
    for (const json::Member& member : given->object()) {
      if (member.name != "AWSTraceHeader")
        return Wrong(reason::kInvalidParameterValue, "Message system attribute name '{}' is invalid.",
                     member.name.substr(0, 300));
      ASSIGN_OR_RETURN(MessageAttribute attribute, ReadAttribute(member));
      attribute.system = true;
      attributes.push_back(std::move(attribute));
    }
  }
  return attributes;
}

Status ReadFifo(const engine::Queue& queue, const json::Value& entry, Prepared& prepared) {
  ASSIGN_OR_RETURN(const auto group, Text(entry, "MessageGroupId"));
  ASSIGN_OR_RETURN(const auto deduplication, Text(entry, "MessageDeduplicationId"));
  if (group) {
    if (!IsMessageId(*group))
      return InvalidValue(
          *group, "MessageGroupId",
          "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.");
    prepared.message.group = *group;
  }
  if (!queue.settings.fifo) {
    if (deduplication) return InvalidValue(*deduplication, "MessageDeduplicationId", kNotForThisType);
    return Ok();
  }
  if (!group) return Missing("MessageGroupId");
  if (deduplication) {
    if (!IsMessageId(*deduplication))
      return InvalidValue(
          *deduplication, "MessageDeduplicationId",
          "MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in "
          "length.");
    prepared.message.deduplication_id = *deduplication;
  } else if (queue.settings.content_deduplication) {
    prepared.message.deduplication_id = http::Hex(http::Sha256(prepared.message.body));
  } else {
    return Wrong(reason::kInvalidParameterValue,
                 "The queue should either have ContentBasedDeduplication enabled or "
                 "MessageDeduplicationId provided explicitly");
  }
  return Ok();
}

Result<Prepared> Prepare(const Call& call, const engine::Queue& queue, const json::Value& entry) {
  Prepared prepared;
  ASSIGN_OR_RETURN(const std::string_view body, NeededText(entry, "MessageBody"));
  if (!HasOnlyXmlCharacters(body))
    return Wrong(reason::kInvalidMessageContents,
                 "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to "
                 "#xFFFD | #x10000 to #x10FFFF");
  prepared.message.body = body;
  prepared.message.sender = call.scope.account;
  ASSIGN_OR_RETURN(const auto delay, Whole(entry, "DelaySeconds"));
  if (delay) {
    if (*delay < 0 || *delay > engine::queue_limits::kDelayMax.count())
      return InvalidValue(std::to_string(*delay), "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.");
    if (queue.settings.fifo && *delay > 0) return InvalidValue(std::to_string(*delay), "DelaySeconds", kNotForThisType);
    if (!queue.settings.fifo) prepared.message.delay = std::chrono::seconds(*delay);
  }
  ASSIGN_OR_RETURN(const auto attributes, ReadAttributes(entry));
  prepared.bytes = body.size();
  for (const MessageAttribute& attribute : attributes)
    if (!attribute.system) prepared.bytes += attribute.name.size() + attribute.type.size() + attribute.value.size();
  if (prepared.bytes > queue.settings.message_bytes_max)
    return Wrong(reason::kInvalidParameterValue,
                 "One or more parameters are invalid. Reason: Message must be shorter than {} bytes.",
                 queue.settings.message_bytes_max);
  TRY(ReadFifo(queue, entry, prepared));
  prepared.message.attributes = aws::EncodeMessageAttributes(attributes);
  prepared.body_md5 = aws::Md5OfMessageBody(body);
  prepared.attributes_md5 = aws::Md5OfMessageAttributes(attributes, AttributeKind::kUser);
  prepared.system_attributes_md5 = aws::Md5OfMessageAttributes(attributes, AttributeKind::kSystem);
  return prepared;
}

void WriteSent(json::Writer& out, const Prepared& prepared, const engine::SentMessage& sent, bool fifo) {
  const auto text = [&out](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out.Key(name);
    out.String(value);
  };
  text("MessageId", sent.id);
  text("MD5OfMessageBody", prepared.body_md5);
  text("MD5OfMessageAttributes", prepared.attributes_md5);
  text("MD5OfMessageSystemAttributes", prepared.system_attributes_md5);
  if (fifo) text("SequenceNumber", engine::FormatMessageSequence(sent.sequence));
}

}  // namespace

void SendMessage(const Call& call, Answer answer) {
  const auto queue = FindQueue(call);
  if (!queue.ok()) return answer.send(queue.error());
  auto prepared = Prepare(call, **queue, call.request);
  if (!prepared.ok()) return answer.send(prepared.error());
  engine::SendRequest request{.queue = (*queue)->id, .messages = {}, .state = {}};
  request.messages.push_back(std::move(prepared->message));
  call.engine.queues().Send(std::move(request),
                            [answer = std::move(answer), prepared = *std::move(prepared),
                             fifo = (*queue)->settings.fifo](Result<std::vector<engine::SentMessage>> sent) {
                              if (!sent.ok()) return answer.send(sent.error());
                              std::string body;
                              json::Writer out(&body);
                              out.BeginObject();
                              WriteSent(out, prepared, sent->front(), fifo);
                              out.EndObject();
                              answer.send(std::move(body));
                            });
}

void SendMessageBatch(const Call& call, Answer answer) {
  const auto queue = FindQueue(call);
  if (!queue.ok()) return answer.send(queue.error());
  const auto entries = ReadEntries(call.request, "SendMessageBatchRequestEntry");
  if (!entries.ok()) return answer.send(entries.error());
  BatchAnswer batch(*entries);
  std::vector<Prepared> prepared(batch.size());
  engine::SendRequest request{.queue = (*queue)->id, .messages = {}, .state = {}};
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto one = Prepare(call, **queue, *(*entries)[i]);
    if (!one.ok()) {
      batch.Fail(i, one.error());
      if (const json::Value* body = (*entries)[i]->Find("MessageBody"); body != nullptr && body->is_string())
        bytes += body->string().size();
      continue;
    }
    prepared[i] = *std::move(one);
    bytes += prepared[i].bytes;
  }
  if (bytes > engine::queue_limits::kMessageBytesMax)
    return answer.send(Wrong(reason::kBatchTooLong,
                             "Batch requests cannot be longer than {} bytes. You have sent {} "
                             "bytes.",
                             engine::queue_limits::kMessageBytesMax, bytes));
  for (std::size_t i = 0; i < batch.size(); ++i)
    if (!batch.failed(i)) request.messages.push_back(std::move(prepared[i].message));
  if (request.messages.empty()) return answer.send(batch.Render([](json::Writer&, std::size_t) {}));
  call.engine.queues().Send(
      std::move(request), [answer = std::move(answer), prepared = std::move(prepared), batch = std::move(batch),
                           fifo = (*queue)->settings.fifo](Result<std::vector<engine::SentMessage>> sent) {
        if (!sent.ok()) return answer.send(sent.error());
        std::size_t next = 0;
        answer.send(batch.Render(
            [&](json::Writer& out, std::size_t i) { WriteSent(out, prepared[i], (*sent)[next++], fifo); }));
      });
}

}  // namespace millrace::api::sqs
