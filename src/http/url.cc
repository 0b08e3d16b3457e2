#include "http/url.h"

#include <charconv>

#include "http/headers.h"

namespace millrace::http {
namespace {

constexpr std::size_t kUrlBytesMax = 8192;

bool StartsWithIgnoreCase(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && EqualsIgnoreCase(text.substr(0, prefix.size()), prefix);
}

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool IsIpv6Character(char c) {
  return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}

std::uint16_t DefaultPort(Scheme scheme) {
  return scheme == Scheme::kHttps ? 443 : 80;
}

std::string Bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

Result<std::uint16_t> ParsePort(std::string_view digits, std::string_view shown) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0 || port > 65535)
    return InvalidArgument("url '{}': port '{}' is not a number from 1 to 65535", shown, digits);
  return static_cast<std::uint16_t>(port);
}

}  // namespace

std::string Url::HostField() const {
  return port == DefaultPort(scheme) ? Bracketed(host) : fmt::format("{}:{}", Bracketed(host), port);
}

std::string Url::Address() const {
  return fmt::format("{}:{}", Bracketed(host), port);
}

Result<Url> ParseUrl(std::string_view text) {
  if (text.size() > kUrlBytesMax)
    return InvalidArgument("a url has {} bytes; at most {} are allowed", text.size(), kUrlBytesMax);
  // User info would be a secret too.
  const std::string_view shown = text.find('@') == std::string_view::npos ? text.substr(0, text.find('?')) : "…";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7f)
      return InvalidArgument("a url contains a space, a control character or one beyond ASCII; percent-encode it");
  }
  Url url;
  std::string_view rest = text;
  if (StartsWithIgnoreCase(rest, "http://")) {
    rest.remove_prefix(7);
  } else if (StartsWithIgnoreCase(rest, "https://")) {
    url.scheme = Scheme::kHttps;
    rest.remove_prefix(8);
  } else {
    return InvalidArgument("url '{}' must begin with http:// or https://", shown);
  }
  rest = rest.substr(0, rest.find('#'));
  const std::size_t authority_end = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, authority_end);
  if (authority.find('@') != std::string_view::npos)
    return InvalidArgument("a url must not contain a user name or password; send an Authorization header instead");

  std::string_view host = authority;
  std::string_view port;
  bool has_port = false;
  bool ipv6 = false;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return InvalidArgument("url '{}': '[' without ']'", shown);
    host = authority.substr(1, close - 1);
    ipv6 = true;
    std::string_view after = authority.substr(close + 1);
    if (!after.empty() && after[0] != ':') return InvalidArgument("url '{}': expected a port after ']'", shown);
    has_port = !after.empty();
    port = has_port ? after.substr(1) : after;
  } else if (const std::size_t colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
    has_port = true;
  }
  if (host.empty()) return InvalidArgument("url '{}' has no host", shown);
  if (host.size() > 253) return InvalidArgument("url '{}': the host is longer than 253 characters", shown);
  for (const char c : host) {
    if (!(ipv6 ? IsIpv6Character(c) : IsHostCharacter(c)))
      return InvalidArgument("url '{}': '{}' does not belong in a host", shown, c);
    url.host.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
  }
  url.port = DefaultPort(url.scheme);
  if (has_port) {
    ASSIGN_OR_RETURN(url.port, ParsePort(port, shown));
  }
  if (authority_end != std::string_view::npos) {
    url.target = rest.substr(authority_end);
    if (url.target[0] == '?') url.target.insert(url.target.begin(), '/');
  }
  return url;
}

void AppendPercentEncoded(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
      out.push_back(kDigits[static_cast<unsigned char>(c) & 0xf]);
    }
  }
}

std::string EncodeFields(std::span<const std::pair<std::string, std::string>> fields) {
  std::string text;
  for (const auto& [name, value] : fields) {
    if (!text.empty()) text.push_back('&');
    AppendPercentEncoded(text, name);
    text.push_back('=');
    AppendPercentEncoded(text, value);
  }
  return text;
}

std::string WithQuery(std::string_view url, std::span<const std::pair<std::string, std::string>> fields) {
  std::string text(url.substr(0, url.find('#')));
  if (fields.empty()) return text;
  if (const std::size_t mark = text.find('?'); mark == std::string::npos) {
    text.push_back('?');
  } else if (!text.ends_with('?') && !text.ends_with('&')) {
    text.push_back('&');
  }
  return text + EncodeFields(fields);
}

}  // namespace millrace::http
