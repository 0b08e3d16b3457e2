#include "pattern/fold.h"

#include <algorithm>
#include <cstdint>

#include "pattern/case_table.h"

namespace millrace::pattern {
namespace {

std::uint32_t TakeCodePoint(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t lead = byte(at);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  std::uint32_t code = length == 1 ? lead : lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length && at + i < text.size(); ++i) code = code << 6 | (byte(at + i) & 0x3f);
  at = std::min(at + length, text.size());
  return code;
}

std::string Utf8(std::uint32_t code) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xc0 | code >> 6), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xe0 | code >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | code >> 18), tail(12), tail(6), tail(0)};
}

std::string Map(const case_table::Tables& tables, std::uint32_t code) {
  const auto special = std::lower_bound(tables.specials.begin(), tables.specials.end(), code,
                                        [](const case_table::Special& s, std::uint32_t c) { return s.code < c; });
  if (special != tables.specials.end() && special->code == code) return std::string(special->text);
  const auto range = std::lower_bound(tables.ranges.begin(), tables.ranges.end(), code,
                                      [](const case_table::Range& r, std::uint32_t c) { return r.last < c; });
  if (range != tables.ranges.end() && range->first <= code && (code - range->first) % range->step == 0) {
    return Utf8(static_cast<std::uint32_t>(static_cast<std::int64_t>(code) + range->delta));
  }
  return Utf8(code);
}

std::string Lower(std::uint32_t code) {
  if (code < 0x80) return {static_cast<char>(code >= 'A' && code <= 'Z' ? code + 32 : code)};
  return Map(case_table::kLower, code);
}

std::string Upper(std::uint32_t code) {
  if (code < 0x80) return {static_cast<char>(code >= 'a' && code <= 'z' ? code - 32 : code)};
  return Map(case_table::kUpper, code);
}

}  // namespace

Fold::Fold(std::string_view text, BeyondBmp beyond_bmp) {
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t code = TakeCodePoint(text, at);
    if (code >= 0x10000 && beyond_bmp == BeyondBmp::kTwoQuestionMarks) {
      characters_.insert(characters_.end(), 2, Forms{"?", "?"});
    } else {
      characters_.push_back({Lower(code), Upper(code)});
    }
  }
}

std::size_t Fold::TakeFront(std::string_view value) const {
  std::string_view rest = value;
  for (const Forms& forms : characters_) {
    if (rest.starts_with(forms.lower)) {
      rest.remove_prefix(forms.lower.size());
    } else if (rest.starts_with(forms.upper)) {
      rest.remove_prefix(forms.upper.size());
    } else {
      return kNothing;
    }
  }
  return value.size() - rest.size();
}

std::size_t Fold::TakeBack(std::string_view value) const {
  std::string_view rest = value;
  for (auto forms = characters_.rbegin(); forms != characters_.rend(); ++forms) {
    if (rest.ends_with(forms->lower)) {
      rest.remove_suffix(forms->lower.size());
    } else if (rest.ends_with(forms->upper)) {
      rest.remove_suffix(forms->upper.size());
    } else {
      return kNothing;
    }
  }
  return value.size() - rest.size();
}

std::optional<std::string> Fold::AsciiLower() const {
  std::string text;
  for (const Forms& forms : characters_) {
    if (forms.lower.size() != 1 || forms.upper.size() != 1) return std::nullopt;
    const unsigned char lower = static_cast<unsigned char>(forms.lower[0]);
    const bool letter = lower >= 'a' && lower <= 'z';
    if (lower >= 0x80 || static_cast<unsigned char>(forms.upper[0]) != (letter ? lower - 0x20 : lower))
      return std::nullopt;
    text.push_back(forms.lower[0]);
  }
  return text;
}

}  // namespace millrace::pattern
