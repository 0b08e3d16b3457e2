#include "config/source_text.h"

#include <algorithm>

namespace millrace::config {
namespace {

unsigned char ByteAt(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// The length of the well-formed sequence at `at`, or 0. Unicode 15, table 3-7.
std::size_t SequenceLength(std::string_view text, std::size_t at) {
  const unsigned char lead = ByteAt(text, at);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                             : (lead & 0xf0) == 0xe0        ? 3
                             : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                            : 0;
  if (length == 0 || at + length > text.size()) return 0;
  const unsigned char second = ByteAt(text, at + 1);
  if (lead == 0xe0 && second < 0xa0) return 0;  // overlong
  if (lead == 0xed && second > 0x9f) return 0;  // surrogates
  if (lead == 0xf0 && second < 0x90) return 0;  // overlong
  if (lead == 0xf4 && second > 0x8f) return 0;  // beyond U+10FFFF
  for (std::size_t i = 1; i < length; ++i)
    if ((ByteAt(text, at + i) & 0xc0) != 0x80) return 0;
  return length;
}

}  // namespace

SourceText::SourceText(std::string_view text) : text_(text), starts_{0} {
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] == '\n') starts_.push_back(at + 1);
}

std::string_view SourceText::Line(std::size_t number) const {
  if (number == 0 || number > starts_.size()) return {};
  const std::size_t start = starts_[number - 1];
  std::size_t end = number < starts_.size() ? starts_[number] - 1 : text_.size();
  if (end > start && text_[end - 1] == '\r') --end;
  return text_.substr(start, end - start);
}

Span SourceText::At(std::size_t offset, std::size_t length) const {
  offset = std::min(offset, text_.size());
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const auto number = static_cast<std::size_t>(after - starts_.begin());
  const std::string_view line = Line(number);
  const std::size_t at = std::min(offset - starts_[number - 1], line.size());
  const std::size_t before = CodePoints(line.substr(0, at));
  const std::size_t width = std::max<std::size_t>(1, CodePoints(line.substr(at, length)));
  return {static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(before + 1),
          static_cast<std::uint32_t>(before + 1 + width)};
}

std::size_t CodePoints(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::size_t FindInvalidUtf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = SequenceLength(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

std::size_t FindUnprintable(std::string_view utf8) {
  for (std::size_t at = 0; at < utf8.size(); ++at) {
    const unsigned char c = ByteAt(utf8, at);
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) return at;
    // C1 controls are U+0080 to U+009F; U+FFFE and U+FFFF are not characters.
    if (c == 0xc2 && ByteAt(utf8, at + 1) < 0xa0 && ByteAt(utf8, at + 1) != 0x85) return at;
    if (c == 0xef && ByteAt(utf8, at + 1) == 0xbf && ByteAt(utf8, at + 2) >= 0xbe) return at;
  }
  return std::string_view::npos;
}

}  // namespace millrace::config
