// Sha256 and HmacSha256 (RFC 6234, RFC 2104), 32 bytes each; Md5 (RFC 1321), 16 bytes.
//
// Threads: functions without state.
#pragma once

#include <string>
#include <string_view>

namespace millrace::http {

std::string Sha256(std::string_view message);
std::string HmacSha256(std::string_view key, std::string_view message);
// Not against anybody with intent: it is what clients of SQS compare.
std::string Md5(std::string_view message);

// "0fa9…", lower case.
std::string Hex(std::string_view bytes);

}  // namespace millrace::http
