#include "pattern/number_key.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "pattern/comparable_number.h"

namespace millrace::pattern {
namespace {

constexpr int kDigitsMax = 19;  // that fit 64 bits
constexpr int kExponentBias = 1 << 14;
constexpr int kExponentMax = 10'000;
constexpr NumberKey kPositive = NumberKey(1) << 127;

constexpr auto kPowersOfTen = [] {
  std::array<std::uint64_t, kDigitsMax + 1> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

// ± 0.digits × 10^exponent
NumberKey Pack(bool negative, int exponent, std::uint64_t digits) {
  if (digits == 0) return kPositive;
  const NumberKey key = kPositive | NumberKey(static_cast<std::uint64_t>(exponent + kExponentBias)) << 64 | digits;
  return negative ? ~key : key;
}

// Eight digits at once, or false. After Lemire, "Quickly parsing eight digits" (2018).
bool TakeEight(const char* at, std::uint64_t& value) {
  std::uint64_t bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  if (((bytes & 0xf0f0f0f0f0f0f0f0) | (((bytes + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0) >> 4)) != 0x3333333333333333)
    return false;
  bytes -= 0x3030303030303030;
  bytes = bytes * 10 + (bytes >> 8);
  bytes =
      ((bytes & 0x000000ff000000ff) * 0x000f424000000064 + (bytes >> 16 & 0x000000ff000000ff) * 0x0000271000000001) >>
      32;
  value = value * 100'000'000 + bytes;
  return true;
}

struct Digits {
  std::uint64_t value = 0;
  const char* at;
};

// The digits from `at` on, appended to the value; wraps around beyond kDigitsMax of them.
void TakeDigits(Digits& digits, const char* end) {
  while (end - digits.at >= 8 && TakeEight(digits.at, digits.value)) digits.at += 8;
  while (digits.at != end && *digits.at >= '0' && *digits.at <= '9')
    digits.value = digits.value * 10 + static_cast<std::uint64_t>(*digits.at++ - '0');
}

std::optional<NumberRead> ReadTheLongWay(std::string_view text) {
  const std::optional<double> value = ComparableNumber(text);
  if (!value) return std::nullopt;
  return NumberRead{NumberKeyOf(*value), true};
}

}  // namespace

std::optional<NumberRead> ReadNumberKey(std::string_view text) {
  const char* const end = text.data() + text.size();
  Digits digits{0, text.data()};
  const bool negative = *digits.at == '-';
  digits.at += negative;
  const char* begin = digits.at;
  int exponent = 0;
  if (*begin == '0') {
    ++digits.at;
  } else {
    TakeDigits(digits, end);
    exponent = static_cast<int>(std::min<std::ptrdiff_t>(digits.at - begin, kExponentMax));
  }
  std::ptrdiff_t count = exponent;
  if (digits.at != end && *digits.at == '.') {
    begin = ++digits.at;
    if (count == 0) {
      while (digits.at != end && *digits.at == '0') ++digits.at;
      exponent = -static_cast<int>(std::min<std::ptrdiff_t>(digits.at - begin, kExponentMax));
      begin = digits.at;
    }
    TakeDigits(digits, end);
    count += digits.at - begin;
  }
  if (count > kDigitsMax || exponent == kExponentMax || exponent == -kExponentMax) return ReadTheLongWay(text);
  if (digits.at != end) {
    const char* from = digits.at + 1;
    if (*from == '+') ++from;
    int power = 0;
    if (std::from_chars(from, end, power).ec != std::errc() || power > kExponentMax || power < -kExponentMax)
      return ReadTheLongWay(text);
    exponent += power;
  }
  // Every decimal of up to 15 digits is the shortest text of its double.
  const bool certain = count <= 15 && exponent > -300 && exponent <= 300;
  if (exponent > kExponentMax || exponent < -kExponentMax) return ReadTheLongWay(text);
  return NumberRead{Pack(negative, exponent, digits.value * kPowersOfTen[static_cast<std::size_t>(kDigitsMax - count)]),
                    certain || digits.value == 0};
}

bool IsComparable(std::string_view text, NumberKey key) {
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc() && NumberKeyOf(value) == key;
}

NumberKey NumberKeyOf(double value) {
  if (std::isinf(value)) return value < 0 ? NumberKey(0) : ~NumberKey(0);
  std::array<char, 32> text;
  const auto printed = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
  return ReadNumberKey({text.data(), static_cast<std::size_t>(printed.ptr - text.data())})->key;
}

}  // namespace millrace::pattern
