// Decimal is a JSON number as it was written, of any length: exact to compare and to divide.
//
// Threads: plain value.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::jsonschema {

class Decimal {
 public:
  Decimal() = default;  // zero
  // REQUIRES: `text` is a JSON number.
  explicit Decimal(std::string_view text);

  bool is_zero() const { return digits_.empty(); }
  bool is_negative() const { return negative_; }
  bool is_integer() const { return exponent_ >= 0; }
  std::size_t digits() const { return digits_.size(); }
  // Whether it is a whole number times `unit`.
  // REQUIRES: `unit` is greater than zero and has at most limits::kMultipleDigitsMax digits.
  bool IsMultipleOf(const Decimal& unit) const;
  // Equal numbers have equal texts.
  std::string Canonical() const;

  std::strong_ordering operator<=>(const Decimal& other) const;
  bool operator==(const Decimal& other) const = default;

 private:
  // ± digits × 10^exponent, without zeros at either end; zero has no digits.
  std::string digits_;
  std::int64_t exponent_ = 0;
  bool negative_ = false;
};

}  // namespace millrace::jsonschema
