#include "config/url.h"

#include <algorithm>
#include <charconv>

#include "config/limits.h"

namespace millrace::config {
namespace {

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}
bool IsAddressCharacter(char c) {
  return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}
bool IsPathCharacter(char c) {
  return c > ' ' && c < '\x7f' && std::string_view("\"<>\\^`{|}#").find(c) == std::string_view::npos;
}

}  // namespace

std::optional<Url> ParseUrl(std::string_view text) {
  Url url;
  if (text.size() > limits::kUrlMax) return std::nullopt;
  if (text.starts_with("https://")) {
    url.https = true;
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    text.remove_prefix(7);
  } else {
    return std::nullopt;
  }
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, end);
  const std::string_view path = text.substr(end);
  std::string_view port;
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  if (const std::size_t colon = authority.find(':', bracket); colon != std::string_view::npos) {
    port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
    const auto [at, failed] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (failed != std::errc() || at != port.data() + port.size() || url.port == 0) return std::nullopt;
  } else {
    url.port = url.https ? 443 : 80;
  }
  const bool literal = bracket > 0;
  if (literal) {
    if (authority.size() != bracket + 1) return std::nullopt;
    authority = authority.substr(1, bracket - 1);
  }
  if (authority.empty() || authority.size() > 255) return std::nullopt;
  if (!std::all_of(authority.begin(), authority.end(), literal ? IsAddressCharacter : IsHostCharacter))
    return std::nullopt;
  if (!std::all_of(path.begin(), path.end(), IsPathCharacter)) return std::nullopt;
  url.host = authority;
  if (!path.starts_with('/')) url.path = "/";
  url.path += path;
  return url;
}

}  // namespace millrace::config
