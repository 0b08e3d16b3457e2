// IsUtf8 says whether a text is valid UTF-8 (RFC 3629), at the speed of the widest vectors that the CPU has.
//
// Threads:   functions without state.
#pragma once

#include <cstddef>
#include <string_view>

namespace millrace::json {

bool IsUtf8(std::string_view text);
// Code points, by which AWS's limits count. REQUIRES: UTF-8; of anything else it counts something.
std::size_t CountCharacters(std::string_view text);

}  // namespace millrace::json
