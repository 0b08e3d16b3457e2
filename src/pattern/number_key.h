// NumberKey orders numbers as their values do, read from their text without making a double of it first: EventBridge
// compares only numbers that are the shortest text of a double (see comparable_number.h), and among those the order of
// the decimals is the order of the doubles, with no two alike.
//
// Threads:   functions without state.
#pragma once

#include <optional>
#include <string_view>

#include "base/int128.h"

namespace millrace::pattern {

// Sign, decimal exponent and up to 19 digits, aligned to the left.
using NumberKey = Uint128;

struct NumberRead {
  NumberKey key = 0;
  // It is known to be comparable; if not, IsComparable has to tell. Seldom needed: only when the key was found.
  bool certain = false;
};

// `text` is a JSON number. None: it is certainly not comparable.
std::optional<NumberRead> ReadNumberKey(std::string_view text);
// Whether the number with this text and key is the shortest text of a double.
bool IsComparable(std::string_view text, NumberKey key);
// Infinities are beyond every number.
NumberKey NumberKeyOf(double value);

}  // namespace millrace::pattern
