#include "api/admin/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "base/timestamp.h"
#include "config/scalar.h"

namespace millrace::api::admin {
namespace {

constexpr std::size_t kFieldBytesMax = std::size_t{256} << 10;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> Decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return InvalidArgument("a % in the query is not followed by two hexadecimal digits");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

bool IsDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<Parameters> Parameters::Parse(std::string_view query, std::span<const std::string_view> known) {
  Parameters parameters;
  if (query.size() > kFieldBytesMax) return InvalidArgument("the query has more than {} bytes", kFieldBytesMax);
  while (!query.empty()) {
    const std::string_view field = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), field.size() + 1));
    if (field.empty()) continue;
    const std::size_t equals = field.find('=');
    ASSIGN_OR_RETURN(std::string name, Decoded(field.substr(0, equals)));
    ASSIGN_OR_RETURN(std::string value,
                     Decoded(equals == std::string_view::npos ? std::string_view() : field.substr(equals + 1)));
    if (std::ranges::find(known, name) == known.end())
      return InvalidArgument("'{}' is not known here{}{}", name.substr(0, 100), known.empty() ? "" : "; there are ",
                             fmt::join(known, ", "));
    if (!parameters.fields_.emplace(name, std::move(value)).second) return InvalidArgument("'{}' is given twice", name);
  }
  return parameters;
}

const std::string& Parameters::Text(std::string_view name) const {
  static const std::string kNone;
  const auto found = fields_.find(name);
  return found == fields_.end() ? kNone : found->second;
}

Result<std::uint64_t> Parameters::Number(std::string_view name, std::uint64_t least, std::uint64_t most,
                                         std::uint64_t otherwise) const {
  const std::string& text = Text(name);
  if (text.empty()) return otherwise;
  const auto value = ParseNumber(text);
  if (!value || *value < least || *value > most)
    return InvalidArgument("{} is a number from {} to {}, not '{}'", name, least, most, text.substr(0, 100));
  return *value;
}

std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

Result<flow::Start> ParseStart(std::string_view text, std::int64_t now_ms) {
  if (text == "trim-horizon") return flow::Start::TrimHorizon();
  if (text == "latest") return flow::Start::Latest();
  if (IsDigits(text)) return flow::Start::AtOffset(std::string(text));
  if (const auto time = ParseTimestamp(text)) return flow::Start::AtTime(*time);
  if (const auto ago = config::ParseDuration(text)) return flow::Start::AtTime(now_ms - ago->count());
  return InvalidArgument(
      "'{}' is no place in a log: give trim-horizon, latest, a sequence number, a time such as 2026-01-31T12:00:00Z, "
      "or "
      "how long ago, such as 15m",
      text.substr(0, 100));
}

}  // namespace millrace::api::admin
