// Unescape turns the inside of a JSON string (RFC 8259 section 7) into the text that it stands for.
//
// Threads:   a function without state.
#pragma once

#include <cstddef>
#include <string_view>

namespace millrace::json {

struct Unescaped {
  std::size_t length = 0;       // bytes written
  const char* error = nullptr;  // what is wrong, or null
  std::size_t error_at = 0;     // offset of the escape that is wrong
};

// `escaped` is what stands between the quotes, valid UTF-8 without bare quotes or control characters. The result is
// never longer, and `out` may be where `escaped` begins. Surrogates must come in pairs.
Unescaped Unescape(std::string_view escaped, char* out);

}  // namespace millrace::json
