#include "pattern/comparable_number.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <string>

namespace millrace::pattern {
namespace {

// ± 0.digits × 10^exponent, without zeros at either end of the digits.
struct Decimal {
  bool negative = false;
  std::string digits;
  std::int64_t exponent = 0;
  bool operator==(const Decimal&) const = default;
};

Decimal ToDecimal(std::string_view text) {
  Decimal decimal;
  std::size_t at = 0;
  if (!text.empty() && text[0] == '-') {
    decimal.negative = true;
    ++at;
  }
  bool seen_point = false;
  for (; at < text.size() && text[at] != 'e' && text[at] != 'E'; ++at) {
    if (text[at] == '.') {
      seen_point = true;
      continue;
    }
    if (text[at] == '0' && decimal.digits.empty()) {
      if (seen_point) --decimal.exponent;
      continue;
    }
    decimal.digits.push_back(text[at]);
    if (!seen_point) ++decimal.exponent;
  }
  while (decimal.digits.ends_with('0')) decimal.digits.pop_back();
  if (decimal.digits.empty()) return {};
  if (at < text.size()) {
    std::string_view exponent = text.substr(at + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    std::int64_t value = 0;
    // An exponent beyond 64 bits makes no double unless the digits outweigh it, which takes more text than there is.
    std::from_chars(exponent.data(), exponent.data() + exponent.size(), value);
    decimal.exponent += value;
  }
  return decimal;
}

}  // namespace

std::optional<double> ComparableNumber(std::string_view text) {
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value == 0) {
    // Zero itself, but not a number too small for a double.
    return ToDecimal(text).digits.empty() ? std::optional<double>(0.0) : std::nullopt;
  }
  std::array<char, 32> shortest;
  const auto printed = std::to_chars(shortest.data(), shortest.data() + shortest.size(), value);
  const std::string_view printed_text(shortest.data(), static_cast<std::size_t>(printed.ptr - shortest.data()));
  if (ToDecimal(text) != ToDecimal(printed_text)) return std::nullopt;
  return value;
}

}  // namespace millrace::pattern
