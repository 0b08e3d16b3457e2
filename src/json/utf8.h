// IsUtf8 says whether a text is valid UTF-8 (RFC 3629), at the speed of the widest vectors that the CPU has.
//
// Threads:   a function without state.
#pragma once

#include <string_view>

namespace millrace::json {

bool IsUtf8(std::string_view text);

}  // namespace millrace::json
