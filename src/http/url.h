// Url is an http or https URL taken apart (RFC 3986), as far as a client needs it.
//
// Threads:   plain value.
// Failure:   ParseUrl returns InvalidArgument that says what is wrong, without repeating the query: it may hold
// secrets.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace millrace::http {

enum class Scheme { kHttp, kHttps };

struct Url {
  Scheme scheme = Scheme::kHttp;
  std::string host;          // lower case; an IPv6 address without its brackets
  std::uint16_t port = 80;   // the scheme's own if the URL has none
  std::string target = "/";  // path and query as written, without the fragment

  // "host", or "host:port" if the port is not the scheme's own: the value of the Host field.
  std::string HostField() const;
  // "host:port", for messages.
  std::string Address() const;
};

Result<Url> ParseUrl(std::string_view text);

// Everything but letters, digits and "-._~" as %XX: right in a query and in a form (RFC 3986 section 2.3).
void AppendPercentEncoded(std::string& out, std::string_view text);
// "a=1&b=%20".
std::string EncodeFields(std::span<const std::pair<std::string, std::string>> fields);
// `url` with these fields behind its own query, and without its fragment.
std::string WithQuery(std::string_view url, std::span<const std::pair<std::string, std::string>> fields);

}  // namespace millrace::http
