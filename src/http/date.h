// ParseDate reads a date as HTTP writes it (RFC 9110 section 5.6.7): "Wed, 21 Oct 2026 07:28:00 GMT", and the two older
// forms that must still be understood, "Wednesday, 21-Oct-26 07:28:00 GMT" and "Wed Oct 21 07:28:00 2026".
//
// Threads: a function without state.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace millrace::http {

// `now` decides the century of a year of two digits: not more than 50 years ahead. None for any other text.
std::optional<WallTime> ParseDate(std::string_view text, WallTime now);

}  // namespace millrace::http
