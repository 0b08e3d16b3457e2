#include "transform/input.h"

#include "json/parse.h"
#include "json/utf8.h"
#include "json/write.h"

namespace millrace::transform {

Result<Input> Input::Constant(std::string_view json) {
  const std::size_t characters = json::CountCharacters(json);
  if (characters > kConstantCharactersMax) {
    return InvalidArgument("Input has {} characters, more than {}", characters, kConstantCharactersMax);
  }
  json::Document document;
  const Status parsed = document.Parse(json, {.duplicate_names = json::DuplicateNames::kKeepAll});
  if (!parsed.ok()) return parsed.error().WithContext("Input");
  return Input(Content(std::string(json)));
}

Result<Input> Input::AtPath(std::string_view path) {
  const std::size_t characters = json::CountCharacters(path);
  if (characters > kPathCharactersMax) {
    return InvalidArgument("InputPath has {} characters, more than {}", characters, kPathCharactersMax);
  }
  if (path == "$") return Input();
  auto parsed = EventPath::Parse(path);
  if (!parsed.ok()) return parsed.error().WithContext("InputPath");
  return Input(Content(*std::move(parsed)));
}

Result<Input> Input::PipeTemplate(std::string_view text) {
  if (text.empty()) return Input();
  ASSIGN_OR_RETURN(auto input_template, InputTemplate::ForPipe(text));
  return Input(std::move(input_template));
}

Status Input::Render(const json::Value& event, const Variables& variables, std::string& out) const {
  if (const auto* input_template = std::get_if<InputTemplate>(&content_)) {
    return input_template->Render(event, variables, out);
  }
  if (const auto* constant = std::get_if<std::string>(&content_)) {
    out.append(*constant);
    return Ok();
  }
  const auto* path = std::get_if<EventPath>(&content_);
  if (path == nullptr) {
    json::AppendValue(out, event);
    return Ok();
  }
  const Extract found = path->Find(event);
  if (found.missing()) {
    return Err(ErrorCode::kInvalidArgument, reason::kUndeliverable, "the event has nothing at the InputPath {}",
               path->text());
  }
  found.AppendJson(out);
  return Ok();
}

bool Input::is_json() const {
  const auto* input_template = std::get_if<InputTemplate>(&content_);
  return input_template == nullptr || input_template->is_json();
}

}  // namespace millrace::transform
