#include "json/unescape.h"

#include <cstdint>
#include <cstring>

namespace millrace::json {
namespace {

constexpr std::uint32_t kBadHex = 0xffffffff;

std::uint32_t Hex4(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return kBadHex;
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const char c = text[i];
    std::uint32_t digit;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<std::uint32_t>(c - 'A' + 10);
    } else {
      return kBadHex;
    }
    value = value * 16 + digit;
  }
  return value;
}

char* PutUtf8(char* out, std::uint32_t code) {
  if (code < 0x80) {
    *out++ = static_cast<char>(code);
  } else if (code < 0x800) {
    *out++ = static_cast<char>(0xc0 | (code >> 6));
    *out++ = static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    *out++ = static_cast<char>(0xe0 | (code >> 12));
    *out++ = static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    *out++ = static_cast<char>(0x80 | (code & 0x3f));
  } else {
    *out++ = static_cast<char>(0xf0 | (code >> 18));
    *out++ = static_cast<char>(0x80 | ((code >> 12) & 0x3f));
    *out++ = static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    *out++ = static_cast<char>(0x80 | (code & 0x3f));
  }
  return out;
}

bool IsHighSurrogate(std::uint32_t code) {
  return code >= 0xd800 && code < 0xdc00;
}
bool IsLowSurrogate(std::uint32_t code) {
  return code >= 0xdc00 && code < 0xe000;
}

// The character that a one-letter escape stands for, or 0.
char SimpleEscape(char letter) {
  switch (letter) {
    case '"':
    case '\\':
    case '/':
      return letter;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

}  // namespace

Unescaped Unescape(std::string_view escaped, char* out) {
  char* const begin = out;
  std::size_t at = 0;
  while (at < escaped.size()) {
    const void* found = std::memchr(escaped.data() + at, '\\', escaped.size() - at);
    const std::size_t run =
        (found ? static_cast<std::size_t>(static_cast<const char*>(found) - escaped.data()) : escaped.size()) - at;
    std::memmove(out, escaped.data() + at, run);
    out += run;
    at += run;
    if (!found) break;

    if (at + 1 >= escaped.size()) return {0, "unfinished escape", at};
    const char letter = escaped[at + 1];
    if (letter != 'u') {
      const char simple = SimpleEscape(letter);
      if (simple == 0) return {0, "unknown escape", at};
      *out++ = simple;
      at += 2;
      continue;
    }
    std::uint32_t code = Hex4(escaped, at + 2);
    if (code == kBadHex) return {0, "\\u needs four hexadecimal digits", at};
    if (IsLowSurrogate(code)) return {0, "lone surrogate", at};
    std::size_t length = 6;
    if (IsHighSurrogate(code)) {
      if (escaped.substr(at + 6, 2) != "\\u") return {0, "lone surrogate", at};
      const std::uint32_t low = Hex4(escaped, at + 8);
      if (low == kBadHex) return {0, "\\u needs four hexadecimal digits", at + 6};
      if (!IsLowSurrogate(low)) return {0, "lone surrogate", at};
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      length = 12;
    }
    out = PutUtf8(out, code);
    at += length;
  }
  return {static_cast<std::size_t>(out - begin), nullptr, 0};
}

}  // namespace millrace::json
