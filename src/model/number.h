// Number is DynamoDB's N: a decimal with up to 38 significant digits, magnitude 1E-130 to 9.99…E+125, or zero. Exact.
//
// Two numbers are equal if their values are: 1, 1.0 and 1e0 are one number. Text comes out the way DynamoDB prints it:
// no exponent, no trailing zeros ("42.12", "1000", "0.001").
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
//
// Threads: immutable value.
// Failure: InvalidArgument with AWS's own words for overflow, underflow, too many digits, not a number.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/int128.h"

namespace millrace::model {

class Number {
 public:
  static constexpr int kDigitsMax = 38;
  static constexpr int kExponentMax = 125;   // of the leading digit
  static constexpr int kExponentMin = -130;  // of the leading digit

  Number() = default;  // zero
  explicit Number(std::int64_t value);

  // Accepts what DynamoDB accepts in {"N": text}: sign, digits, point, exponent; leading and trailing zeros.
  static Result<Number> Parse(std::string_view text);

  std::string ToString() const;
  void AppendTo(std::string& out) const;

  bool is_zero() const { return mantissa_ == 0; }
  bool is_negative() const { return negative_; }

  // Exact, or the error that DynamoDB gives when the result needs more than 38 digits or leaves the range.
  static Result<Number> Add(const Number& a, const Number& b);
  static Result<Number> Subtract(const Number& a, const Number& b);

  // What the number adds to an item's size, in bytes: 1 + half the digits on each side of the point, rounded up, + 1 if
  // negative. Zero costs 1.
  std::size_t SizeBytes() const;

  // Bytes whose memcmp order is the numeric order. Self-delimiting, at most kKeyBytesMax.
  static constexpr std::size_t kKeyBytesMax = 24;
  void AppendKey(std::string& out) const;
  // Reads one key from the front of `bytes` and advances it. Corruption if it is not one.
  static Result<Number> TakeKey(std::string_view& bytes);

  std::strong_ordering operator<=>(const Number& other) const;
  // The representation is canonical, so equality is that of the members.
  bool operator==(const Number& other) const = default;

  // Value = ±mantissa × 10^exponent; canonical: the mantissa has no trailing zero, zero is (0, 0, positive).
  Uint128 mantissa() const { return mantissa_; }
  int exponent() const { return exponent_; }

 private:
  Uint128 mantissa_ = 0;
  std::int16_t exponent_ = 0;
  bool negative_ = false;
};

}  // namespace millrace::model
