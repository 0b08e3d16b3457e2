// Decimal is a number's significant digits written out, the form between its text, its ordered key and its size.
//
// Internal to model: Number calculates, Decimal is rendered. Going from key bytes to text this way needs no division.
//
// Threads: plain value.
// Format:  docs/design/values.md (the key)
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace::model {

// ±0.d₀d₁d₂… × 10^(lead + 1): `lead` is the decimal exponent of the first digit. Zero has no digits.
struct Decimal {
  bool negative = false;
  int lead = 0;
  int count = 0;
  char digits[40];  // '0' … '9'; the first and the last are not '0'
};

// "-0.00123", "42.12", "1000": no exponent, no superfluous zeros.
void AppendDecimalText(std::string& out, const Decimal& decimal);

void AppendDecimalKey(std::string& out, const Decimal& decimal);
// Reads one key from the front of `bytes` and advances it. False, with nothing consumed, if it is not one that
// AppendDecimalKey writes.
bool TakeDecimalKey(std::string_view& bytes, Decimal& decimal);

// What a number of `count` significant digits, the first of them at 10^lead, adds to an item's size.
std::size_t DecimalSizeBytes(int count, int lead, bool negative);

}  // namespace millrace::model
