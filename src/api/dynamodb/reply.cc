#include "api/dynamodb/reply.h"

#include "api/dynamodb/error_map.h"
#include "base/log.h"
#include "json/write.h"
#include "model/codec.h"

namespace millrace::api::dynamodb {
namespace {

constexpr std::string_view kConditionFailedText = "The conditional request failed";

// Appends the item, or nothing at all if the stored bytes cannot be read: the failed condition is the news.
void AppendItemMember(json::Writer& writer, std::string& body, const std::string& stored) {
  std::string rendered;
  if (const Status status = model::AppendStoredAsDynamoDbJson(rendered, stored); !status.ok()) {
    log::Failure("dynamodb: an item could not be rendered: {}", status.error().ToString());
    return;
  }
  writer.Key("Item");
  writer.RawValue();
  body += rendered;
}

}  // namespace

Reply RenderError(const Error& error) {
  return aws::RenderError(WireErrors(), "dynamodb", error);
}

Reply RenderConditionalCheckFailed(const std::optional<std::string>& item) {
  Reply reply;
  reply.status = 400;
  json::Writer writer(&reply.body);
  writer.BeginObject();
  writer.Key("__type");
  writer.String(kConditionalCheckFailedType);
  writer.Key("message");
  writer.String(kConditionFailedText);
  if (item) AppendItemMember(writer, reply.body, *item);
  writer.EndObject();
  return reply;
}

Reply RenderTransactionCancelled(std::span<const CancellationReason> reasons) {
  std::string message = "Transaction cancelled, please refer cancellation reasons for specific reasons [";
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    if (i > 0) message += ", ";
    message += reasons[i].code;
  }
  message += ']';

  Reply reply;
  reply.status = 400;
  json::Writer writer(&reply.body);
  writer.BeginObject();
  writer.Key("__type");
  writer.String(kTransactionCanceledType);
  writer.Key("Message");
  writer.String(message);
  writer.Key("CancellationReasons");
  writer.BeginArray();
  for (const CancellationReason& reason : reasons) {
    writer.BeginObject();
    writer.Key("Code");
    writer.String(reason.code);
    if (!reason.message.empty()) {
      writer.Key("Message");
      writer.String(reason.message);
    }
    if (reason.item) AppendItemMember(writer, reply.body, *reason.item);
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  return reply;
}

}  // namespace millrace::api::dynamodb
