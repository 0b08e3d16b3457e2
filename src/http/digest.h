// Sha256 and HmacSha256 (RFC 6234, RFC 2104): 32 bytes each.
//
// Threads: functions without state.
#pragma once

#include <string>
#include <string_view>

namespace millrace::http {

std::string Sha256(std::string_view message);
std::string HmacSha256(std::string_view key, std::string_view message);

// "0fa9…", lower case.
std::string Hex(std::string_view bytes);

}  // namespace millrace::http
