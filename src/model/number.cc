#include "model/number.h"

#include <array>
#include <charconv>
#include <cstring>
#include <limits>

#include "base/check.h"
#include "model/decimal.h"

namespace millrace::model {
namespace {

constexpr std::array<Uint128, 39> kPowersOfTen = [] {
  std::array<Uint128, 39> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();
constexpr Uint128 PowerOfTen(int exponent) {
  return kPowersOfTen[static_cast<std::size_t>(exponent)];
}

// REQUIRES: value > 0.
int DigitCount(Uint128 value) {
  const auto high = static_cast<std::uint64_t>(value >> 64);
  const auto low = static_cast<std::uint64_t>(value);
  const int bits = high != 0 ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll(low);
  const int estimate = (bits * 1233) >> 12;  // log10(2) = 1233/4096, a little below: the count or one less
  return estimate + (value >= PowerOfTen(estimate) ? 1 : 0);
}

// Drops the trailing zeros of a mantissa; returns how many there were.
int StripZeros(Uint128& mantissa) {
  int stripped = 0;
  while (mantissa > std::numeric_limits<std::uint64_t>::max()) {
    if (mantissa % 10 != 0) return stripped;
    mantissa /= 10;
    ++stripped;
  }
  auto low = static_cast<std::uint64_t>(mantissa);
  while (low != 0 && low % 10 == 0) {
    low /= 10;
    ++stripped;
  }
  mantissa = low;
  return stripped;
}

// The words are DynamoDB's own.
Error NotNumeric(std::string_view text) {
  constexpr std::size_t kEchoBytesMax = 256;
  if (text.empty()) return InvalidArgument("The parameter cannot be converted to a numeric value");
  std::string_view shown = text.substr(0, kEchoBytesMax);
  if (shown.size() < text.size()) {
    while (!shown.empty() && (static_cast<unsigned char>(text[shown.size()]) & 0xc0) == 0x80) shown.remove_suffix(1);
  }
  return InvalidArgument("The parameter cannot be converted to a numeric value: {}{}", shown,
                         shown.size() < text.size() ? "..." : "");
}
Error Overflow() {
  return InvalidArgument("Number overflow. Attempting to store a number with magnitude larger than supported range");
}
Error Underflow() {
  return InvalidArgument("Number underflow. Attempting to store a number with magnitude smaller than supported range");
}
Error TooManyDigits() {
  return InvalidArgument("Attempting to store more than 38 significant digits in a Number");
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// The number's text taken apart in one pass, whatever its length.
struct Scanned {
  Uint128 mantissa = 0;          // up to the last non-zero digit, while it fits
  bool too_many_digits = false;  // more than 38 from the first to the last non-zero digit
  bool negative = false;
  std::int64_t integer_digits = 0;  // before the point, leading zeros included
  std::int64_t digits = 0;
  std::int64_t first = -1;  // position of the first and the last non-zero digit
  std::int64_t last = -1;
  std::int64_t exponent = 0;  // as written after the E
};

class Scanner {
 public:
  explicit Scanner(std::string_view text) : next_(text.data()), end_(text.data() + text.size()) {}

  // False if the text is not a number that fits the grammar or its exponent does not fit 64 bits.
  bool Scan(Scanned& out) {
    out.negative = TakeSign();
    TakeDigits(out);
    out.integer_digits = out.digits;
    if (next_ != end_ && *next_ == '.') {
      ++next_;
      TakeDigits(out);
    }
    if (out.digits == 0) return false;
    if (next_ != end_ && (*next_ == 'e' || *next_ == 'E')) {
      ++next_;
      if (!TakeExponent(out)) return false;
    }
    return next_ == end_;
  }

 private:
  bool TakeSign() {
    if (next_ == end_ || (*next_ != '-' && *next_ != '+')) return false;
    return *next_++ == '-';
  }

  void TakeDigits(Scanned& out) {
    for (; next_ != end_ && IsDigit(*next_); ++next_, ++out.digits) {
      if (*next_ == '0') continue;
      if (out.first < 0) out.first = out.last = out.digits;
      const std::int64_t shift = out.digits - out.last;
      out.last = out.digits;
      if (out.last - out.first >= Number::kDigitsMax) out.too_many_digits = true;
      if (out.too_many_digits) continue;
      out.mantissa = out.mantissa * PowerOfTen(static_cast<int>(shift)) + static_cast<unsigned>(*next_ - '0');
    }
  }

  bool TakeExponent(Scanned& out) {
    const bool negative = TakeSign();
    const char* const start = next_;
    for (; next_ != end_ && IsDigit(*next_); ++next_) {
      const int digit = *next_ - '0';
      if (out.exponent > (std::numeric_limits<std::int64_t>::max() - digit) / 10) return false;
      out.exponent = out.exponent * 10 + digit;
    }
    if (negative) out.exponent = -out.exponent;
    return next_ != start;
  }

  const char* next_;
  const char* const end_;
};

// a + b, held between ±2^62 so that the caller may go on adding.
std::int64_t AddClamped(std::int64_t a, std::int64_t b) {
  constexpr std::int64_t kBound = std::int64_t{1} << 62;
  if (a > kBound) return kBound;
  if (a < -kBound) return -kBound;
  return a + b;
}

Decimal ToDecimal(const Number& number) {
  Decimal decimal;
  if (number.is_zero()) return decimal;
  constexpr std::uint64_t kChunk = 10'000'000'000'000'000'000u;  // 10^19, the most that fits 64 bits
  const Uint128 mantissa = number.mantissa();
  char* const end = decimal.digits + sizeof decimal.digits;
  char* next = decimal.digits;
  if (mantissa < kChunk) {
    next = std::to_chars(next, end, static_cast<std::uint64_t>(mantissa)).ptr;
  } else {
    next = std::to_chars(next, end, static_cast<std::uint64_t>(mantissa / kChunk)).ptr;
    char low[20];
    const char* const low_end = std::to_chars(low, low + sizeof low, static_cast<std::uint64_t>(mantissa % kChunk)).ptr;
    const auto low_size = static_cast<std::size_t>(low_end - low);
    std::memset(next, '0', 19 - low_size);
    std::memcpy(next + (19 - low_size), low, low_size);
    next += 19;
  }
  decimal.count = static_cast<int>(next - decimal.digits);
  decimal.lead = number.exponent() + decimal.count - 1;
  decimal.negative = number.is_negative();
  return decimal;
}

}  // namespace

Number::Number(std::int64_t value) : negative_(value < 0) {
  mantissa_ = negative_ ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  exponent_ = static_cast<std::int16_t>(StripZeros(mantissa_));
}

Result<Number> Number::Parse(std::string_view text) {
  Scanned scanned;
  if (!Scanner(text).Scan(scanned)) return NotNumeric(text);

  // Zero has a magnitude too, as DynamoDB sees it: 0e126 overflows. Its last written digit stands for it.
  const bool zero = scanned.first < 0;
  const std::int64_t first = zero ? scanned.digits - 1 : scanned.first;
  const std::int64_t lead = AddClamped(scanned.exponent, scanned.integer_digits - 1 - first);
  if (lead > kExponentMax) return Overflow();
  if (lead < kExponentMin) return Underflow();
  if (scanned.too_many_digits) return TooManyDigits();

  Number number;
  if (zero) return number;
  number.mantissa_ = scanned.mantissa;
  number.exponent_ = static_cast<std::int16_t>(lead - (scanned.last - scanned.first));
  number.negative_ = scanned.negative;
  return number;
}

std::string Number::ToString() const {
  std::string out;
  AppendTo(out);
  return out;
}

void Number::AppendTo(std::string& out) const {
  AppendDecimalText(out, ToDecimal(*this));
}

Result<Number> Number::Add(const Number& a, const Number& b) {
  if (a.is_zero()) return b;
  if (b.is_zero()) return a;
  const bool a_is_higher = a.exponent_ >= b.exponent_;
  const Number& high = a_is_higher ? a : b;
  const Number& low = a_is_higher ? b : a;
  const int shift = high.exponent_ - low.exponent_;
  const bool same_sign = a.negative_ == b.negative_;

  // The sum ends in low's last digit, which is not zero, unless both end at the same place (shift == 0, where no digit
  // is added). So what has 39 digits cannot be stored, but for one case: a subtraction that just falls below 10^38.
  // That needs high < 2 × 10^38, which fits 128 bits.
  if (shift > 0) {
    const int digits = DigitCount(high.mantissa_) + shift;
    if (digits > kDigitsMax + 1) return TooManyDigits();
    if (digits == kDigitsMax + 1 && (same_sign || high.mantissa_ >= 2 * PowerOfTen(kDigitsMax - shift)))
      return TooManyDigits();
  }
  const Uint128 scaled = high.mantissa_ * PowerOfTen(shift);

  Number sum;
  if (same_sign) {
    sum.mantissa_ = scaled + low.mantissa_;
    sum.negative_ = a.negative_;
  } else if (scaled >= low.mantissa_) {
    sum.mantissa_ = scaled - low.mantissa_;
    sum.negative_ = high.negative_;
  } else {
    sum.mantissa_ = low.mantissa_ - scaled;
    sum.negative_ = low.negative_;
  }
  if (sum.mantissa_ == 0) return Number();
  const int exponent = low.exponent_ + (shift == 0 ? StripZeros(sum.mantissa_) : 0);
  const int digits = DigitCount(sum.mantissa_);
  const int lead = exponent + digits - 1;
  if (lead > kExponentMax) return Overflow();
  if (lead < kExponentMin) return Underflow();
  if (digits > kDigitsMax) return TooManyDigits();
  sum.exponent_ = static_cast<std::int16_t>(exponent);
  return sum;
}

Result<Number> Number::Subtract(const Number& a, const Number& b) {
  Number negated = b;
  negated.negative_ = !b.is_zero() && !b.negative_;
  return Add(a, negated);
}

std::size_t Number::SizeBytes() const {
  if (is_zero()) return DecimalSizeBytes(0, 0, false);
  const int count = DigitCount(mantissa_);
  return DecimalSizeBytes(count, exponent_ + count - 1, negative_);
}

void Number::AppendKey(std::string& out) const {
  AppendDecimalKey(out, ToDecimal(*this));
}

Result<Number> Number::TakeKey(std::string_view& bytes) {
  Decimal decimal;
  if (!TakeDecimalKey(bytes, decimal)) return Err(ErrorCode::kCorruption, {}, "bytes are not a number's key");
  Number number;
  for (int i = 0; i < decimal.count; ++i)
    number.mantissa_ = number.mantissa_ * 10 + static_cast<unsigned>(decimal.digits[i] - '0');
  if (decimal.count > 0) number.exponent_ = static_cast<std::int16_t>(decimal.lead - (decimal.count - 1));
  number.negative_ = decimal.negative;
  return number;
}

std::strong_ordering Number::operator<=>(const Number& other) const {
  const int sign = is_zero() ? 0 : negative_ ? -1 : 1;
  const int other_sign = other.is_zero() ? 0 : other.negative_ ? -1 : 1;
  if (sign != other_sign || sign == 0) return sign <=> other_sign;

  const Number& a = negative_ ? other : *this;  // the order of two negatives is that of the magnitudes, reversed
  const Number& b = negative_ ? *this : other;
  if (a.exponent_ == b.exponent_) return a.mantissa_ <=> b.mantissa_;
  const int a_digits = DigitCount(a.mantissa_);
  const int b_digits = DigitCount(b.mantissa_);
  const int a_lead = a.exponent_ + a_digits;
  const int b_lead = b.exponent_ + b_digits;
  if (a_lead != b_lead) return a_lead <=> b_lead;
  if (a_digits < b_digits) return a.mantissa_ * PowerOfTen(b_digits - a_digits) <=> b.mantissa_;
  return a.mantissa_ <=> b.mantissa_ * PowerOfTen(a_digits - b_digits);
}

}  // namespace millrace::model
