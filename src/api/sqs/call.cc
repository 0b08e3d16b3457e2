#include "api/sqs/call.h"

#include <algorithm>

#include "aws/request_reader.h"

namespace millrace::api::sqs {

Result<std::optional<std::string_view>> Text(const json::Value& in, std::string_view name) {
  const json::Value* value = in.Find(name);
  if (value == nullptr || value->is_null()) return std::optional<std::string_view>();
  if (!value->is_string()) return aws::WrongJsonType(*value, "String");
  return std::optional(value->string());
}

Result<std::string_view> NeededText(const json::Value& in, std::string_view name) {
  ASSIGN_OR_RETURN(const auto text, Text(in, name));
  if (!text || text->empty()) return Missing(name);
  return *text;
}

Result<std::optional<std::int64_t>> Whole(const json::Value& in, std::string_view name) {
  aws::RequestReader reader(in);
  const auto number = reader.Integer(name);
  TRY(reader.status());
  return number;
}

Result<std::vector<std::string_view>> Texts(const json::Value& in, std::string_view name) {
  std::vector<std::string_view> texts;
  const json::Value* value = in.Find(name);
  if (value == nullptr || value->is_null()) return texts;
  if (!value->is_array()) return aws::WrongJsonType(*value, "List");
  for (const json::Value& each : value->array()) {
    if (!each.is_string()) return aws::WrongJsonType(each, "String");
    texts.push_back(each.string());
  }
  return texts;
}

Result<std::shared_ptr<const engine::Queue>> FindQueue(const Call& call) {
  ASSIGN_OR_RETURN(std::string_view url, NeededText(call.request, "QueueUrl"));
  // The account and the name are the last two parts of the path; a name alone is the caller's.
  while (url.ends_with('/')) url.remove_suffix(1);
  const std::size_t slash = url.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? url : url.substr(slash + 1);
  std::string account = call.scope.account;
  if (slash != std::string_view::npos) {
    const std::string_view before = url.substr(0, slash);
    account = before.substr(before.rfind('/') + 1);
  }
  const auto catalogue = call.engine.catalogue();
  const auto scope = catalogue->FindScope({account, call.scope.region});
  auto queue = scope ? catalogue->FindQueue(*scope, name) : nullptr;
  if (queue == nullptr) return Wrong(reason::kQueueDoesNotExist, "The specified queue does not exist.");
  return queue;
}

bool IsMessageId(std::string_view text) {
  constexpr std::size_t kMax = 128;
  return !text.empty() && text.size() <= kMax &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace millrace::api::sqs
