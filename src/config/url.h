// Url is an absolute http or https URL, taken apart (https://www.rfc-editor.org/rfc/rfc3986).
//
// Threads:   plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::config {

struct Url {
  bool https = false;
  std::string host;  // without brackets
  std::uint16_t port = 0;
  std::string path;  // with the query; at least "/"
};

// None for another scheme, an empty host, a user part, a fragment, a port beyond 65535, or a character that must be
// escaped.
std::optional<Url> ParseUrl(std::string_view text);

}  // namespace millrace::config
