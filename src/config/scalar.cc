#include "config/scalar.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace millrace::config {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t DigitsAt(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && IsDigit(text[end])) ++end;
  return end - at;
}

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

int Base(std::string_view text) {
  if (text.starts_with("0x")) return 16;
  if (text.starts_with("0o")) return 8;
  return 10;
}

// 0x1F and 0o17: no sign, at least one digit, and small enough for 64 bits (there is no exact text to keep).
bool IsPrefixed(std::string_view text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  if (text.size() < 3 || Base(text) == 10) return false;
  const auto [at, failed] = std::from_chars(text.data() + 2, end, value, Base(text));
  return text[2] != '-' && failed == std::errc() && at == end;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool IsDecimal(std::string_view text, bool& whole) {
  std::size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const std::size_t before = DigitsAt(text, at);
  at += before;
  std::size_t after = 0;
  whole = true;
  if (at < text.size() && text[at] == '.') {
    whole = false;
    after = DigitsAt(text, ++at);
    at += after;
  }
  if (before + after == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    whole = false;
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const std::size_t digits = DigitsAt(text, at);
    if (digits == 0) return false;
    at += digits;
  }
  return at == text.size();
}

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};

constexpr std::array<Unit, 5> kUnits{{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::int64_t kDurationMax = 100 * 365 * kUnits[0].milliseconds;

}  // namespace

NodeType ResolvePlain(std::string_view text) {
  if (IsOneOf(text, {"", "~", "null", "Null", "NULL"})) return NodeType::kNull;
  if (IsOneOf(text, {"true", "True", "TRUE", "false", "False", "FALSE"})) return NodeType::kBool;
  bool whole = false;
  if (IsDecimal(text, whole)) return whole ? NodeType::kInteger : NodeType::kFloat;
  if (IsPrefixed(text)) return NodeType::kInteger;
  std::string_view unsigned_text = text;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) unsigned_text.remove_prefix(1);
  if (IsOneOf(unsigned_text, {".inf", ".Inf", ".INF"})) return NodeType::kFloat;
  if (IsOneOf(text, {".nan", ".NaN", ".NAN"})) return NodeType::kFloat;
  return NodeType::kText;
}

std::optional<std::string> JsonNumber(std::string_view text) {
  if (Base(text) != 10) return std::to_string(*ToInteger(text));
  std::string out;
  if (text[0] == '-') out.push_back('-');
  if (text[0] == '-' || text[0] == '+') text.remove_prefix(1);
  bool whole = false;
  if (!IsDecimal(text, whole)) return std::nullopt;  // an infinity or not a number
  const std::size_t before = DigitsAt(text, 0);
  std::size_t zeros = 0;
  while (zeros + 1 < before && text[zeros] == '0') ++zeros;
  out += before == 0 ? "0" : text.substr(zeros, before - zeros);
  std::string_view rest = text.substr(before);
  if (!rest.empty() && rest[0] == '.') {
    const std::size_t after = DigitsAt(rest, 1);
    if (after > 0) out += rest.substr(0, after + 1);
    rest.remove_prefix(after + 1);
  }
  out += rest;
  return out;
}

std::optional<std::int64_t> ToInteger(std::string_view text) {
  const int base = Base(text);
  if (base != 10) text.remove_prefix(2);
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [at, failed] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (failed != std::errc() || at != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    std::int64_t count = 0;
    const std::size_t digits = DigitsAt(text, 0);
    if (digits == 0 || std::from_chars(text.data(), text.data() + digits, count).ec != std::errc()) return std::nullopt;
    text.remove_prefix(digits);
    const std::size_t letters = std::min(text.find_first_of("0123456789"), text.size());
    const auto unit =
        std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.name == text.substr(0, letters); });
    if (unit == kUnits.end() || count > (kDurationMax - total) / unit->milliseconds) return std::nullopt;
    total += count * unit->milliseconds;
    text.remove_prefix(letters);
  }
  return std::chrono::milliseconds(total);
}

std::string DurationText(std::chrono::milliseconds duration) {
  std::int64_t rest = duration.count();
  if (rest == 0) return "0s";
  std::string out;
  for (const Unit& unit : kUnits) {
    if (rest / unit.milliseconds > 0) out += fmt::format("{}{}", rest / unit.milliseconds, unit.name);
    rest %= unit.milliseconds;
  }
  return out;
}

}  // namespace millrace::config
