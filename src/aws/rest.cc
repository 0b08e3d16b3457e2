#include "aws/rest.h"

#include "base/log.h"
#include "json/write.h"

namespace millrace::aws {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

enum class Plus { kPlus, kSpace };

// What is not the code of a byte stays as it is.
std::string Decode(std::string_view text, Plus plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 && HexDigit(text[i + 2]) >= 0) {
      decoded.push_back(static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2])));
      i += 2;
    } else {
      decoded.push_back(text[i] == '+' && plus == Plus::kSpace ? ' ' : text[i]);
    }
  }
  return decoded;
}

// Calls `each` with what is between the separators.
template <class Each>
void Split(std::string_view text, char separator, Each each) {
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    each(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

RestTarget ParseRestTarget(std::string_view target) {
  RestTarget parsed;
  const std::size_t mark = target.find('?');
  Split(target.substr(0, mark), '/', [&](std::string_view part) {
    if (!part.empty()) parsed.parts.push_back(Decode(part, Plus::kPlus));
  });
  if (mark == std::string_view::npos) return parsed;
  Split(target.substr(mark + 1), '&', [&](std::string_view pair) {
    const std::size_t equals = pair.find('=');
    parsed.query.emplace_back(
        Decode(pair.substr(0, equals), Plus::kSpace),
        equals == std::string_view::npos ? std::string() : Decode(pair.substr(equals + 1), Plus::kSpace));
  });
  return parsed;
}

std::optional<std::string_view> RestTarget::Find(std::string_view name) const {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return std::nullopt;
}

std::vector<std::string_view> RestTarget::FindAll(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : query)
    if (key == name) values.push_back(value);
  return values;
}

http::Response RestError(std::span<const WireError> table, std::string_view service, const Error& error) {
  const WireError& row = FindWireError(table, error);
  if (row.status >= 500) log::Failure("{}: {}", service, error.ToString());
  http::Response response;
  response.status = row.status;
  response.content_type = "application/json";
  response.headers.Add("x-amzn-ErrorType", row.type);
  json::Writer writer(&response.body);
  writer.BeginObject();
  writer.Key(row.member);
  writer.String(row.message.empty() ? std::string_view(error.message()) : row.message);
  writer.EndObject();
  return response;
}

}  // namespace millrace::aws
