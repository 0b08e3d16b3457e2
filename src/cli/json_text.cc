#include "cli/json_text.h"

#include "json/write.h"

namespace millrace::cli {
namespace {

void Append(std::string& out, const json::Value& value, std::size_t indent) {
  const bool object = value.is_object() && !value.object().empty();
  const bool array = value.is_array() && !value.array().empty();
  if (!object && !array) return json::AppendValue(out, value);
  const std::string line = "\n" + std::string(indent + 2, ' ');
  out += object ? '{' : '[';
  bool first = true;
  const auto begin = [&] {
    if (!std::exchange(first, false)) out += ',';
    out += line;
  };
  if (object) {
    for (const json::Member& member : value.object()) {
      begin();
      json::AppendString(out, member.name);
      out += ": ";
      Append(out, member.value, indent + 2);
    }
  } else {
    for (const json::Value& element : value.array()) {
      begin();
      Append(out, element, indent + 2);
    }
  }
  out += "\n" + std::string(indent, ' ');
  out += object ? '}' : ']';
}

}  // namespace

std::string Indented(const json::Value& value, std::size_t indent) {
  std::string out;
  Append(out, value, indent);
  return out;
}

}  // namespace millrace::cli
