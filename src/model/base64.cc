#include "model/base64.h"

#include <array>
#include <cstdint>

namespace millrace::model {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kInvalid = 0xff;

constexpr std::array<std::uint8_t, 256> kSextets = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(kInvalid);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return table;
}();

}  // namespace

void AppendBase64(std::string& out, std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])); };
  const std::size_t start = out.size();
  out.resize(start + (bytes.size() + 2) / 3 * 4);
  char* next = out.data() + start;
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    *next++ = kAlphabet[group >> 18];
    *next++ = kAlphabet[group >> 12 & 63];
    *next++ = kAlphabet[group >> 6 & 63];
    *next++ = kAlphabet[group & 63];
  }
  const std::size_t left = bytes.size() - i;
  if (left == 0) return;
  const std::uint32_t group = at(i) << 16 | (left == 2 ? at(i + 1) << 8 : 0);
  *next++ = kAlphabet[group >> 18];
  *next++ = kAlphabet[group >> 12 & 63];
  *next++ = left == 2 ? kAlphabet[group >> 6 & 63] : '=';
  *next++ = '=';
}

std::string Base64Encode(std::string_view bytes) {
  std::string out;
  AppendBase64(out, bytes);
  return out;
}

std::optional<std::string> Base64Decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.empty()) return std::string();
  const std::size_t padding = text.back() != '=' ? 0 : text[text.size() - 2] != '=' ? 1 : 2;
  std::string out(text.size() / 4 * 3 - padding, '\0');
  std::uint32_t group = 0;
  std::size_t written = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pad = i >= text.size() - padding;
    const std::uint8_t sextet = pad ? 0 : kSextets[static_cast<unsigned char>(text[i])];
    if (sextet == kInvalid) return std::nullopt;
    group = group << 6 | sextet;
    if (i % 4 != 3) continue;
    const bool last = i + 1 == text.size();
    const std::size_t bytes = last ? 3 - padding : 3;
    if (last && (group & ((1u << (8 * padding)) - 1)) != 0) return std::nullopt;  // bits that stand for nothing
    for (std::size_t b = 0; b < bytes; ++b)
      out[written++] = static_cast<char>(static_cast<unsigned char>(group >> (16 - 8 * b)));
    group = 0;
  }
  return out;
}

}  // namespace millrace::model
