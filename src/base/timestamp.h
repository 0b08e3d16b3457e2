// Timestamps as RFC 3339 writes them, for people and configurations: "2026-01-01T00:00:00Z", "…00.123+02:00".
//
// Threads:   functions without state.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace {

// Milliseconds since the epoch; what is finer is cut off. None for anything else, and before 1970.
std::optional<std::int64_t> ParseTimestamp(std::string_view text);

}  // namespace millrace
