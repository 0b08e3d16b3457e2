#include "targets/http/cloud_event.h"

#include <algorithm>
#include <array>

#include "json/parse.h"
#include "json/write.h"
#include "model/base64.h"
#include "transform/cloudevents.h"

namespace millrace::targets {
namespace {

constexpr std::size_t kAttributesMax = 100;
constexpr std::array<std::string_view, 4> kRequired = {"id", "source", "specversion", "type"};

bool IsAttributeName(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

bool IsText(const json::Value* value) {
  return value != nullptr && value->is_string() && !value->string().empty();
}

bool IsJsonType(std::string_view media_type) {
  std::string type(media_type.substr(0, media_type.find(';')));
  while (type.ends_with(' ') || type.ends_with('\t')) type.pop_back();
  std::ranges::transform(type, type.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return type.ends_with("/json") || type.ends_with("+json");
}

// An integer of 32 bits is all the numbers that attributes may be.
bool IsInteger(std::string_view number) {
  const std::string_view digits = number.substr(number.starts_with('-') ? 1 : 0);
  return digits.size() <= 10 && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
}

Status CheckCloudEvent(const json::Value& event) {
  for (const std::string_view name : kRequired)
    if (!IsText(event.Find(name))) return InvalidArgument("the body is a CloudEvent without a text as '{}'", name);
  if (const std::string_view version = event.Find("specversion")->string(); version != "1.0")
    return InvalidArgument("the body is a CloudEvent of version '{}'; only 1.0 is known", version.substr(0, 20));
  if (event.object().size() > kAttributesMax)
    return InvalidArgument("the body is a CloudEvent of {} attributes; at most {} are allowed", event.object().size(),
                           kAttributesMax);
  for (const json::Member& member : event.object()) {
    if (member.name == "data") continue;
    if (member.name == "data_base64") {
      if (event.Find("data") != nullptr) return InvalidArgument("the body is a CloudEvent with data and data_base64");
      if (!member.value.is_string()) return InvalidArgument("data_base64 of the CloudEvent is not a text");
      continue;
    }
    if (!IsAttributeName(member.name))
      return InvalidArgument("'{}' is not an attribute name of a CloudEvent: only a-z and 0-9 are allowed",
                             EncodeCloudEventHeader(member.name.substr(0, 50)));
    const json::Value& value = member.value;
    const bool simple =
        value.is_null() || value.is_bool() || value.is_string() || (value.is_number() && IsInteger(value.number()));
    if (!simple)
      return InvalidArgument("the attribute '{}' of the CloudEvent is not a text, boolean or integer", member.name);
  }
  return Ok();
}

}  // namespace

std::string EncodeCloudEventHeader(std::string_view value) {
  std::string text;
  text.reserve(value.size());
  for (const char c : value) {
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f || c == '"' || c == '%') {
      text += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      text += c;
    }
  }
  return text;
}

Result<std::string> ToStructuredCloudEvent(std::string_view body) {
  json::Document document;
  if (Status parsed = document.Parse(body); !parsed.ok())
    return InvalidArgument("the body is no CloudEvent, nor any JSON: {}", parsed.error().message());
  const json::Value& root = document.root();
  if (root.Find("specversion") != nullptr) {
    TRY(CheckCloudEvent(root));
    return std::string(body);
  }
  const Result<transform::CloudEvent> event = transform::CloudEventOfBusEvent(root);
  if (!event.ok())
    return InvalidArgument("the body is no CloudEvent (it has no specversion), nor an event of a bus: {}",
                           event.error().message());
  std::string text;
  transform::AppendCloudEvent(text, *event);
  return text;
}

Result<BinaryCloudEvent> ToBinaryCloudEvent(std::string_view body) {
  ASSIGN_OR_RETURN(const std::string text, ToStructuredCloudEvent(body));
  json::Document document;
  TRY(document.Parse(text));
  const json::Value& root = document.root();
  BinaryCloudEvent event;
  for (const json::Member& member : root.object()) {
    if (member.name == "data" || member.name == "data_base64" || member.value.is_null()) continue;
    const json::Value& value = member.value;
    if (member.name == "datacontenttype") {
      if (!IsText(&value)) return InvalidArgument("datacontenttype of the CloudEvent is not a text");
      for (const char c : value.string())
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f)
          return InvalidArgument("datacontenttype of the CloudEvent is not a media type");
      event.content_type = value.string();
      continue;
    }
    const std::string name = fmt::format("ce-{}", member.name);
    if (value.is_bool()) {
      event.headers.Add(name, value.boolean() ? "true" : "false");
    } else {
      event.headers.Add(name, value.is_string() ? EncodeCloudEventHeader(value.string()) : value.number());
    }
  }
  const json::Value* data = root.Find("data");
  const json::Value* bytes = root.Find("data_base64");
  if (data == nullptr && bytes == nullptr) return event;
  // The JSON format's own: data without a type is JSON.
  if (event.content_type.empty()) event.content_type = "application/json";
  if (bytes != nullptr) {
    auto decoded = model::Base64Decode(bytes->string());
    if (!decoded) return InvalidArgument("data_base64 of the CloudEvent is not base64");
    event.body = *std::move(decoded);
  } else if (data->is_string() && !IsJsonType(event.content_type)) {
    event.body = data->string();
  } else {
    json::AppendValue(event.body, *data);
  }
  return event;
}

}  // namespace millrace::targets
