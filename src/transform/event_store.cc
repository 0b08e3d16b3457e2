#include "transform/event_store.h"

#include <map>

#include "model/dynamodb_json.h"

namespace millrace::transform {
namespace {

void AppendText(std::string& out, const model::AttributeValue& value);

template <class Elements, class Append>
void AppendList(std::string& out, const Elements& elements, Append append) {
  bool first = true;
  for (const auto& element : elements) {
    if (!std::exchange(first, false)) out.push_back(',');
    append(element);
  }
}

void AppendText(std::string& out, const model::AttributeValue& value) {
  switch (value.type()) {
    case model::AttributeType::kS:
      out += *value.s();
      return;
    case model::AttributeType::kN:
      out += value.n()->ToString();
      return;
    case model::AttributeType::kB:
      out += value.b()->bytes;
      return;
    case model::AttributeType::kBool:
      out += *value.As<bool>() ? "true" : "false";
      return;
    case model::AttributeType::kNull:
      return;
    case model::AttributeType::kM:
      return model::AppendPlainJson(out, value);
    case model::AttributeType::kL:
      return AppendList(out, *value.l(), [&](const auto& element) { AppendText(out, element); });
    case model::AttributeType::kSs:
      return AppendList(out, value.As<model::StringSet>()->values, [&](const auto& text) { out += text; });
    case model::AttributeType::kNs:
      return AppendList(out, value.As<model::NumberSet>()->values, [&](const auto& n) { out += n.ToString(); });
    case model::AttributeType::kBs:
      return AppendList(out, value.As<model::BinarySet>()->values, [&](const auto& bytes) { out += bytes; });
  }
}

}  // namespace

Result<StoredEvent> EventOfRow(const model::Item& row) {
  StoredEvent event;
  const model::AttributeValue* const stream = row.Find("streamId");
  if (stream == nullptr || stream->s() == nullptr)
    return InvalidArgument("the row has no streamId of type S: it is no event of an event store");
  event.key = *stream->s();
  const model::AttributeValue* const data = row.Find("data");
  if (data == nullptr || (data->b() == nullptr && data->s() == nullptr))
    return InvalidArgument("the row has no data of type B or S: it is no event of an event store");
  event.value = data->b() != nullptr ? data->b()->bytes : *data->s();

  std::map<std::string, std::string, std::less<>> headers;
  if (const auto* own = row.Find("headers"); own != nullptr && own->m() != nullptr)
    for (const auto& [name, value] : *own->m()) AppendText(headers[name], value);
  constexpr std::pair<std::string_view, std::string_view> kOfRow[] = {
      {"messageId", "eventId"}, {"messageType", "eventType"}, {"streamType", "streamType"},
      {"streamId", "streamId"}, {"version", "version"},       {"timestamp", "timestamp"}};
  for (const auto& [header, attribute] : kOfRow) {
    const model::AttributeValue* const value = row.Find(attribute);
    if (value == nullptr) continue;
    std::string& text = headers[std::string(header)];
    text.clear();
    AppendText(text, *value);
  }
  for (auto& [name, value] : headers) event.headers.emplace_back(name, std::move(value));
  return event;
}

}  // namespace millrace::transform
