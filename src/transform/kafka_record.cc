#include "transform/kafka_record.h"

#include "json/parse.h"
#include "json/utf8.h"
#include "json/write.h"
#include "model/base64.h"

namespace millrace::transform {
namespace {

void AppendBytes(json::Writer& writer, std::string_view name, const std::optional<std::string>& bytes) {
  writer.Key(name);
  if (bytes)
    writer.String(model::Base64Encode(*bytes));
  else
    writer.Null();
}

}  // namespace

void AppendKafkaRecord(std::string& out, const KafkaRecord& record) {
  json::Writer writer(&out);
  writer.BeginObject();
  writer.Key("eventSource");
  writer.String("SelfManagedKafka");
  writer.Key("bootstrapServers");
  writer.String(record.servers);
  writer.Key("eventSourceKey");
  writer.String(fmt::format("{}-{}", record.topic, record.partition));
  writer.Key("topic");
  writer.String(record.topic);
  writer.Key("partition");
  writer.Integer(record.partition);
  writer.Key("offset");
  writer.Integer(record.offset);
  writer.Key("timestamp");
  writer.Integer(record.time_ms);
  writer.Key("timestampType");
  writer.String(record.append_time ? "LOG_APPEND_TIME" : "CREATE_TIME");
  AppendBytes(writer, "key", record.key);
  AppendBytes(writer, "value", record.value);
  writer.Key("headers");
  writer.BeginArray();
  for (const auto& [name, value] : record.headers) {
    writer.BeginObject();
    writer.Key(json::IsUtf8(name) ? name : "?");
    writer.BeginArray();
    for (const char byte : value) writer.Integer(static_cast<unsigned char>(byte));
    writer.EndArray();
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
}

Result<std::optional<std::string>> KeyOfKafkaRecord(std::string_view record) {
  json::Document document;
  TRY(document.Parse(record));
  const json::Value* const key = document.root().Find("key");
  if (key == nullptr) return InvalidArgument("it is no record of a Kafka message");
  if (!key->is_string()) return std::optional<std::string>();
  auto bytes = model::Base64Decode(key->string());
  if (!bytes) return InvalidArgument("the key of a Kafka message is not base64");
  return bytes;
}

std::string DecodedKafkaRecord(std::string_view record) {
  json::Document document;
  if (!document.Parse(record).ok()) return std::string(record);
  std::string decoded;
  json::Writer writer(&decoded);
  writer.BeginObject();
  for (const json::Member& member : document.root().object()) {
    writer.Key(member.name);
    const bool bytes = (member.name == "key" || member.name == "value") && member.value.is_string();
    const auto text = bytes ? model::Base64Decode(member.value.string()) : std::nullopt;
    json::Document inner;
    if (text && inner.Parse(*text).ok())
      json::AppendValue(writer.RawValue(), inner.root());
    else if (text && json::IsUtf8(*text))
      writer.String(*text);
    else
      json::AppendValue(writer.RawValue(), member.value);
  }
  writer.EndObject();
  return decoded;
}

}  // namespace millrace::transform
