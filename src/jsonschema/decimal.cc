#include "jsonschema/decimal.h"

#include <algorithm>

#include "base/check.h"
#include "base/int128.h"
#include "jsonschema/limits.h"

namespace millrace::jsonschema {
namespace {

// Beyond it an exponent is cut off: no two numbers that fit into a document are confused by that in practice, and
// arithmetic on exponents cannot overflow.
constexpr std::int64_t kExponentMax = 1'000'000'000'000'000;

std::int64_t ParseExponent(std::string_view text) {
  bool negative = false;
  if (text.starts_with('+') || text.starts_with('-')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  std::int64_t value = 0;
  for (const char c : text) value = std::min(kExponentMax, value * 10 + (c - '0'));
  return negative ? -value : value;
}

}  // namespace

Decimal::Decimal(std::string_view text) {
  if (text.starts_with('-')) {
    negative_ = true;
    text.remove_prefix(1);
  }
  const std::size_t e = text.find_first_of("eE");
  if (e != std::string_view::npos) exponent_ = ParseExponent(text.substr(e + 1));
  text = text.substr(0, e);
  const std::size_t point = text.find('.');
  digits_ = text.substr(0, point);
  if (point != std::string_view::npos) {
    digits_ += text.substr(point + 1);
    exponent_ -= static_cast<std::int64_t>(text.size() - point - 1);
  }
  const std::size_t last = digits_.find_last_not_of('0');
  if (last == std::string::npos) {
    *this = {};
    return;
  }
  exponent_ += static_cast<std::int64_t>(digits_.size() - last - 1);
  digits_.resize(last + 1);
  digits_.erase(0, digits_.find_first_not_of('0'));
}

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
  const int sign = is_zero() ? 0 : negative_ ? -1 : 1;
  const int other_sign = other.is_zero() ? 0 : other.negative_ ? -1 : 1;
  if (sign != other_sign || sign == 0) return sign <=> other_sign;
  // Without zeros in front the one that begins at a higher place is greater; then digit by digit.
  const std::int64_t lead = exponent_ + static_cast<std::int64_t>(digits_.size());
  const std::int64_t other_lead = other.exponent_ + static_cast<std::int64_t>(other.digits_.size());
  const auto magnitude = lead != other_lead ? lead <=> other_lead : digits_.compare(other.digits_) <=> 0;
  return negative_ ? 0 <=> magnitude : magnitude;
}

bool Decimal::IsMultipleOf(const Decimal& unit) const {
  CHECK(!unit.is_zero() && unit.digits_.size() <= limits::kMultipleDigitsMax);
  if (is_zero()) return true;
  // The digits do not end in zero: they are not divisible by ten.
  if (exponent_ < unit.exponent_) return false;
  std::uint64_t divisor = 0;
  for (const char c : unit.digits_) divisor = divisor * 10 + static_cast<std::uint64_t>(c - '0');
  const auto times = [divisor](std::uint64_t a, std::uint64_t b) {
    return static_cast<std::uint64_t>(static_cast<Uint128>(a) * b % divisor);
  };
  std::uint64_t rest = 0;
  for (const char c : digits_) rest = (times(rest, 10) + static_cast<std::uint64_t>(c - '0')) % divisor;
  std::uint64_t power = 10 % divisor;
  for (std::int64_t left = exponent_ - unit.exponent_; left > 0 && rest != 0; left /= 2) {
    if (left % 2 == 1) rest = times(rest, power);
    power = times(power, power);
  }
  return rest == 0;
}

std::string Decimal::Canonical() const {
  if (is_zero()) return "0";
  return (negative_ ? "-" : "") + digits_ + 'e' + std::to_string(exponent_);
}

}  // namespace millrace::jsonschema
