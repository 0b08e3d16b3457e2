#include "cli/answer.h"

namespace millrace::cli {

Result<Answer> Answer::Parse(std::string text) {
  Answer answer;
  answer.text_ = std::move(text);
  const auto parsed = answer.document_.Parse(answer.text_, {.duplicate_names = json::DuplicateNames::kKeepAll});
  if (!parsed.ok() || !answer.root().is_object())
    return Err(ErrorCode::kUnavailable, {}, "the server's answer is not understood: {}",
               parsed.ok() ? "it is no JSON object" : parsed.error().message());
  return answer;
}

std::string_view TextOf(const json::Value& object, std::string_view name) {
  const json::Value* value = object.Find(name);
  if (value == nullptr) return {};
  return value->is_string() ? value->string() : value->is_number() ? value->number() : std::string_view();
}

bool IsTrue(const json::Value& object, std::string_view name) {
  const json::Value* value = object.Find(name);
  return value != nullptr && value->is_bool() && value->boolean();
}

std::span<const json::Value> ListOf(const json::Value& object, std::string_view name) {
  const json::Value* value = object.Find(name);
  return value != nullptr && value->is_array() ? value->array() : std::span<const json::Value>();
}

}  // namespace millrace::cli
