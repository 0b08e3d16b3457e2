// Base64 as DynamoDB JSON writes binary values (RFC 4648 section 4: the standard alphabet, with padding).
//
// Threads: functions without state.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace::model {

void AppendBase64(std::string& out, std::string_view bytes);
std::string Base64Encode(std::string_view bytes);

// Strict: length a multiple of 4, alphabet, padding at the end only, unused bits zero, no white space. nullopt if not.
std::optional<std::string> Base64Decode(std::string_view text);

}  // namespace millrace::model
