#include "api/events/call.h"

#include <algorithm>

#include "model/base64.h"

namespace millrace::api::events {
namespace {

constexpr std::int64_t kLimitMax = 100;
constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kTokenBytesMax = 2048;

}  // namespace

Result<std::optional<Tags>> ReadTags(const json::Value& request) {
  aws::RequestReader reader(request);
  const json::Value* list = reader.List("Tags");
  TRY(reader.status());
  if (list == nullptr) return std::optional<Tags>();
  Tags tags;
  aws::Constraints constraints;
  for (const json::Value& each : list->array()) {
    aws::RequestReader tag(each);
    const auto key = tag.String("Key"), value = tag.String("Value");
    TRY(tag.status());
    const std::string member = fmt::format("tags.{}.member.", tags.size() + 1);
    constraints.NotNull(key.has_value(), member + "key");
    constraints.Length(key, member + "key", 1, 128);
    constraints.NotNull(value.has_value(), member + "value");
    constraints.Length(value, member + "value", 0, 256);
    tags.emplace_back(key.value_or(""), value.value_or(""));
  }
  TRY(constraints.Check());
  if (tags.size() > kTagsMax)
    return Err(ErrorCode::kResourceExhausted, {}, "The requested resource exceeds the maximum number allowed.");
  return std::optional(std::move(tags));
}

void AppendTags(json::Writer& writer, const Tags& tags) {
  writer.BeginArray();
  for (const auto& [key, value] : tags) {
    writer.BeginObject();
    writer.Key("Key");
    writer.String(key);
    writer.Key("Value");
    writer.String(value);
    writer.EndObject();
  }
  writer.EndArray();
}

std::string TextOf(const json::Value* value) {
  std::string text;
  if (value != nullptr) json::AppendValue(text, *value);
  return text;
}

void AppendTime(json::Writer& writer, std::string_view name, std::int64_t time_ms) {
  writer.Key(name);
  writer.Raw(fmt::format("{}.{:03}", time_ms / 1000, time_ms % 1000));
}

void AppendText(json::Writer& writer, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  writer.Key(name);
  writer.String(value);
}

Result<Paging> ReadPaging(aws::RequestReader& reader, aws::Constraints& constraints) {
  const auto token = reader.String("NextToken");
  const auto limit = reader.Integer("Limit");
  constraints.Length(token, "nextToken", 1, kTokenBytesMax);
  constraints.Between(limit, "limit", 1, kLimitMax);
  Paging paging;
  if (limit) paging.limit = static_cast<std::size_t>(std::clamp<std::int64_t>(*limit, 1, kLimitMax));
  if (!token) return paging;
  if (token->empty() || token->size() > kTokenBytesMax) return paging;  // the constraints say so
  const auto decoded = model::Base64Decode(*token);
  if (!decoded || decoded->empty()) return InvalidArgument("NextToken is not valid.");
  paging.after = *decoded;
  return paging;
}

void AppendNextToken(json::Writer& writer, std::string_view after) {
  writer.Key("NextToken");
  writer.String(model::Base64Encode(after));
}

}  // namespace millrace::api::events
