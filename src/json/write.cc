#include "json/write.h"

#include <array>

namespace millrace::json {
namespace {

// What stands after the backslash; 'u' for the long form; 0 for bytes that are written as they are.
constexpr std::array<char, 256> EscapeTable() {
  std::array<char, 256> table{};
  for (std::size_t i = 0; i < 0x20; ++i) table[i] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}
constexpr std::array<char, 256> kEscapes = EscapeTable();

}  // namespace

void AppendEscaped(std::string& out, std::string_view text) {
  std::size_t run = 0;  // where the bytes that need no escape begin
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    const char escape = kEscapes[c];
    if (escape == 0) [[likely]]
      continue;
    out.append(text, run, i - run);
    run = i + 1;
    out.push_back('\\');
    out.push_back(escape);
    if (escape == 'u') {
      constexpr std::string_view kHex = "0123456789abcdef";
      out.append("00");
      out.push_back(kHex[c >> 4]);
      out.push_back(kHex[c & 15]);
    }
  }
  out.append(text, run);
}

void AppendString(std::string& out, std::string_view text) {
  out.push_back('"');
  AppendEscaped(out, text);
  out.push_back('"');
}

// Recursion is bounded by kDepthMax (json/parse.h), whose frames are small.
void AppendValue(std::string& out, const Value& value) {
  switch (value.type()) {
    case Type::kNull:
      out.append("null");
      return;
    case Type::kBool:
      out.append(value.boolean() ? "true" : "false");
      return;
    case Type::kNumber:
      out.append(value.number());
      return;
    case Type::kString:
      AppendString(out, value.string());
      return;
    case Type::kArray: {
      char separator = '[';
      for (const Value& element : value.array()) {
        out.push_back(separator);
        separator = ',';
        AppendValue(out, element);
      }
      if (value.array().empty()) out.push_back('[');
      out.push_back(']');
      return;
    }
    case Type::kObject: {
      char separator = '{';
      for (const Member& member : value.object()) {
        out.push_back(separator);
        separator = ',';
        AppendString(out, member.name);
        out.push_back(':');
        AppendValue(out, member.value);
      }
      if (value.object().empty()) out.push_back('{');
      out.push_back('}');
      return;
    }
  }
}

}  // namespace millrace::json
