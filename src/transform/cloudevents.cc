#include "transform/cloudevents.h"

#include "json/write.h"
#include "model/dynamodb_json.h"
#include "transform/envelope.h"

namespace millrace::transform {
namespace {

std::string_view TypeOf(model::ChangeKind kind) {
  switch (kind) {
    case model::ChangeKind::kInsert:
      return "com.amazonaws.dynamodb.insert";
    case model::ChangeKind::kModify:
      return "com.amazonaws.dynamodb.modify";
    case model::ChangeKind::kRemove:
      return "com.amazonaws.dynamodb.remove";
  }
  return {};
}

std::string SubjectOf(const model::Item& keys) {
  std::string subject;
  if (keys.size() != 1) {
    model::AppendPlainJson(subject, keys);
    return subject;
  }
  const model::AttributeValue& value = keys.begin()->second;
  if (value.s() != nullptr) return *value.s();
  model::AppendPlainJson(subject, value);
  if (value.b() != nullptr) return subject.substr(1, subject.size() - 2);  // base64 without the quotes
  return subject;
}

// The source of a bus event may be any text; what no URI may hold is percent-encoded.
std::string UriReference(std::string_view text) {
  constexpr std::string_view kAllowed = "-._~:/?#[]@!$&'()*+,;=%";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri;
  uri.reserve(text.size());
  for (const char c : text) {
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (alphanumeric || kAllowed.find(c) != std::string_view::npos) {
      uri.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      uri.push_back('%');
      uri.push_back(kHex[byte >> 4]);
      uri.push_back(kHex[byte & 15]);
    }
  }
  return uri;
}

Result<std::string_view> RequiredText(const json::Value& event, std::string_view name) {
  const json::Value* value = event.Find(name);
  if (value == nullptr || !value->is_string() || value->string().empty()) {
    return InvalidArgument("the cloudevents format needs an event of a bus; this has no text as its '{}'", name);
  }
  return value->string();
}

}  // namespace

CloudEvent CloudEventOfChange(const model::Change& change, const CloudEventContext& context) {
  CloudEvent event;
  event.id = context.event_id;
  event.source = context.table_arn;
  event.type = TypeOf(change.kind);
  event.subject = SubjectOf(change.keys);
  event.time = FormatTimeMillis(change.time_ms);
  event.sequence = context.sequence_number;
  json::Writer writer(&event.data);
  const auto image = [&](std::string_view name, const model::Item& item) {
    writer.Key(name);
    model::AppendPlainJson(writer.RawValue(), item);
  };
  writer.BeginObject();
  image("keys", change.keys);
  if (change.new_image) image("new", *change.new_image);
  if (change.old_image) image("old", *change.old_image);
  if (change.expired) {
    writer.Key("expired");
    writer.Bool(true);
  }
  writer.EndObject();
  return event;
}

Result<CloudEvent> CloudEventOfBusEvent(const json::Value& event) {
  CloudEvent result;
  ASSIGN_OR_RETURN(const std::string_view id, RequiredText(event, "id"));
  ASSIGN_OR_RETURN(const std::string_view source, RequiredText(event, "source"));
  ASSIGN_OR_RETURN(const std::string_view type, RequiredText(event, "detail-type"));
  ASSIGN_OR_RETURN(const std::string_view time, RequiredText(event, "time"));
  const json::Value* detail = event.Find("detail");
  if (detail == nullptr) {
    return InvalidArgument("the cloudevents format needs an event of a bus; this has no 'detail'");
  }
  result.id = id;
  result.source = UriReference(source);
  result.type = type;
  result.time = time;
  json::AppendValue(result.data, *detail);
  return result;
}

void AppendCloudEvent(std::string& out, const CloudEvent& event) {
  json::Writer writer(&out);
  const auto attribute = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    writer.Key(name);
    writer.String(value);
  };
  writer.BeginObject();
  attribute("specversion", "1.0");
  attribute("id", event.id);
  attribute("source", event.source);
  attribute("type", event.type);
  attribute("subject", event.subject);
  attribute("time", event.time);
  attribute("sequence", event.sequence);
  attribute("datacontenttype", "application/json");
  writer.Key("data");
  writer.Raw(event.data);
  writer.EndObject();
}

}  // namespace millrace::transform
