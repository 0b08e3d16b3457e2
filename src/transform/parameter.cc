#include "transform/parameter.h"

namespace millrace::transform {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_' || c == '/' || c == '-';
}

// \$(\.[\w/_-]+(\[(\d+|\*)\])*)*
bool IsPath(std::string_view text) {
  if (!text.starts_with('$')) return false;
  std::size_t at = 1;
  while (at < text.size()) {
    if (text[at] != '.') return false;
    const std::size_t name = ++at;
    while (at < text.size() && IsNameCharacter(text[at])) ++at;
    if (at == name) return false;
    while (at < text.size() && text[at] == '[') {
      const std::size_t index = ++at;
      if (text.substr(at).starts_with('*')) ++at;
      if (at == index) {
        while (at < text.size() && IsDigit(text[at])) ++at;
      }
      if (at == index || at == text.size() || text[at] != ']') return false;
      ++at;
    }
  }
  return true;
}

}  // namespace

Result<Parameter> Parameter::Parse(std::string_view name, std::string_view text) {
  Parameter parameter;
  parameter.name_ = name;
  parameter.text_ = text;
  if (IsPath(text)) {
    auto path = EventPath::Parse(text);
    if (!path.ok()) return path.error().WithContext(name);
    parameter.path_ = *std::move(path);
  } else if (text.starts_with("$.") || text.starts_with("$[")) {
    return InvalidArgument(
        "{}: '{}' begins like a path, but a path is $.name[0].other, with letters, digits, '-', '_' and '/' in names, "
        "and is the entire value",
        name, text);
  }
  return parameter;
}

Status Parameter::Append(const json::Value& event, std::string& out) const {
  if (!path_) {
    out.append(text_);
    return Ok();
  }
  const Extract found = path_->Find(event);
  if (found.missing()) return InvalidArgument("{}: the event has nothing at {}", name_, text_);
  found.AppendText(out);
  return Ok();
}

std::optional<std::string> Parameter::Find(const json::Value* event) const {
  if (!path_) return text_;
  const Extract found = path_->Find(*event);
  if (found.missing()) return std::nullopt;
  std::string text;
  found.AppendText(text);
  return text;
}

Result<std::string> Parameter::Evaluate(const json::Value& event) const {
  std::string text;
  TRY(Append(event, text));
  return text;
}

}  // namespace millrace::transform
