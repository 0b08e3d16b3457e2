// Message finds where one HTTP message ends in the bytes of a connection: enough for programs that talk only to
// Millrace, which always says Content-Length.
//
// Threads: pure functions.
// Failure: ends the program: these are tests, and a peer that cannot be understood is a finding.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "http/headers.h"

namespace millrace::delivery {

[[noreturn]] inline void Die(std::string_view program, std::string_view what) {
  std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(program.size()), program.data(), static_cast<int>(what.size()),
               what.data());
  std::exit(2);
}

struct Message {
  std::string_view head;  // the first line and the fields, each with its line end
  std::string_view body;
  std::size_t bytes = 0;  // of both, and of what is between them

  // Views of what FindMessage was given. Empty if there is no such field.
  std::string_view Field(std::string_view name) const {
    for (std::size_t at = head.find("\r\n"); at != std::string_view::npos && at + 2 < head.size();) {
      const std::size_t begin = at + 2;
      at = head.find("\r\n", begin);
      const std::string_view line = head.substr(begin, at - begin);
      const std::size_t colon = line.find(':');
      if (colon == std::string_view::npos || !http::EqualsIgnoreCase(line.substr(0, colon), name)) continue;
      const std::size_t value = line.find_first_not_of(' ', colon + 1);
      return value == std::string_view::npos ? std::string_view() : line.substr(value);
    }
    return {};
  }
};

// The message that `input` begins with, or none while it is not complete.
inline std::optional<Message> FindMessage(std::string_view input) {
  const std::size_t end = input.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  Message message;
  message.head = input.substr(0, end + 2);
  std::size_t body_bytes = 0;
  for (const char digit : message.Field("Content-Length")) {
    if (digit < '0' || digit > '9' || body_bytes > (std::size_t{1} << 30)) return std::nullopt;
    body_bytes = body_bytes * 10 + static_cast<std::size_t>(digit - '0');
  }
  if (input.size() < end + 4 + body_bytes) return std::nullopt;
  message.body = input.substr(end + 4, body_bytes);
  message.bytes = end + 4 + body_bytes;
  return message;
}

}  // namespace millrace::delivery
