#include "targets/kafka/message.h"

#include <charconv>

#include "json/parse.h"
#include "transform/event_store.h"

namespace millrace::targets {
namespace {

bool LooksIn(const KafkaMessageOptions& options) {
  bool looks = !options.topic.is_literal() || (options.key && !options.key->is_literal()) ||
               (options.partition && !options.partition->is_literal());
  for (const auto& [name, value] : options.headers) looks |= !value.is_literal();
  return looks;
}

// https://github.com/apache/kafka/blob/trunk/clients/src/main/java/org/apache/kafka/common/internals/Topic.java
bool IsTopic(std::string_view text) {
  if (text.empty() || text.size() > 249 || text == "." || text == "..") return false;
  for (const char c : text)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
          c == '-'))
      return false;
  return true;
}

std::string KeyOf(const flow::Record& record, const std::string& attribute) {
  const model::AttributeValue* const value =
      record.change == nullptr || attribute.empty() ? nullptr : record.change->keys.Find(attribute);
  if (value == nullptr) return record.order_key;
  if (value->s() != nullptr) return *value->s();
  if (value->n() != nullptr) return value->n()->ToString();
  return value->b() != nullptr ? value->b()->bytes : record.order_key;
}

Result<kafka::Message> Make(const KafkaMessageOptions& options, bool looks, const flow::Record& record) {
  json::Document document;
  if (looks) {
    if (Status parsed = document.Parse(record.body); !parsed.ok())
      return parsed.error().WithContext("a path looks into what is no JSON");
  }
  const json::Value* const root = looks ? &document.root() : nullptr;
  kafka::Message message;
  message.value = record.body;
  const auto topic = options.topic.Find(root);
  if (!topic || !IsTopic(*topic))
    return InvalidArgument("'{}' at {} cannot be a topic", topic.value_or(""), options.topic.text());
  message.topic = *topic;
  if (options.key) {
    message.key = options.key->Find(root);
  } else {
    message.key = KeyOf(record, options.partition_attribute);
  }
  if (options.partition) {
    const auto text = options.partition->Find(root);
    std::int32_t number = -1;
    const char* const end = text ? text->data() + text->size() : nullptr;
    if (!text || std::from_chars(text->data(), end, number).ptr != end || number < 0)
      return InvalidArgument("'{}' at {} cannot be a partition", text.value_or(""), options.partition->text());
    message.partition = number;
  }
  for (const auto& [name, parameter] : options.headers) {
    if (auto value = parameter.Find(root)) message.headers.emplace_back(name, *std::move(value));
  }
  return message;
}

}  // namespace

KafkaMessageOf MessageOfBody(KafkaMessageOptions options) {
  const bool looks = LooksIn(options);
  return [options = std::move(options), looks](const flow::Record& record, std::string&) {
    return Make(options, looks, record);
  };
}

KafkaMessageOf MessageOfEvent(std::string topic) {
  return [topic = std::move(topic)](const flow::Record& record, std::string& value) -> Result<kafka::Message> {
    if (record.change == nullptr || !record.change->new_image)
      return InvalidArgument("record {} has no new image: it is no row of an event store", record.id);
    ASSIGN_OR_RETURN(transform::StoredEvent event, transform::EventOfRow(*record.change->new_image));
    value = std::move(event.value);
    kafka::Message message;
    message.topic = topic;
    message.key = std::move(event.key);
    message.value = value;
    message.headers = std::move(event.headers);
    return message;
  };
}

}  // namespace millrace::targets
