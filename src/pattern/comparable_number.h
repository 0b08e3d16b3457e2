// ComparableNumber is what EventBridge compares numbers by: the double that a number's text means, if it means one
// exactly. 300, 300.0 and 3e2 are one number. A number that no double prints as (2^53 + 1, twenty digits, 1e400) is
// none: it equals only its own text and lies in no range.
//
// Threads:   a function without state.
#pragma once

#include <optional>
#include <string_view>

namespace millrace::pattern {

// `text` is a JSON number. Minus zero is zero.
std::optional<double> ComparableNumber(std::string_view text);

}  // namespace millrace::pattern
