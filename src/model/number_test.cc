// Number: AWS's published and measured examples, and random numbers against schoolbook arithmetic on 300 digits that
// shares nothing with the implementation: text, sums, order, key order, size.
#include "model/number.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>

#include "model/testing/random_value.h"

namespace millrace::model {
namespace {

constexpr std::string_view kOverflow =
    "Number overflow. Attempting to store a number with magnitude larger than supported range";
constexpr std::string_view kUnderflow =
    "Number underflow. Attempting to store a number with magnitude smaller than supported range";
constexpr std::string_view kTooManyDigits = "Attempting to store more than 38 significant digits in a Number";

// The number's text, or the error's message.
std::string Shown(const Result<Number>& number) {
  return number.ok() ? number->ToString() : number.error().message();
}
std::string Canonical(std::string_view text) {
  return Shown(Number::Parse(text));
}
Number N(std::string_view text) {
  return MUST(Number::Parse(text));
}

std::string Key(const Number& number) {
  std::string key;
  number.AppendKey(key);
  return key;
}

// Fixed point: one decimal digit per place from 10^130 down to 10^-169.
struct Fixed {
  static constexpr int kHighest = 130;
  static constexpr int kPlaces = 300;
  std::array<int, kPlaces> digits{};  // digits[0] is the highest place
  bool negative = false;

  static int Index(int exponent) { return kHighest - exponent; }

  static Fixed Of(const std::string& text) {
    Fixed value;
    std::string mantissa = text.substr(0, text.find_first_of("eE"));
    int exponent = 0;
    if (mantissa.size() < text.size()) exponent = std::stoi(text.substr(mantissa.size() + 1));
    if (mantissa[0] == '-' || mantissa[0] == '+') {
      value.negative = mantissa[0] == '-';
      mantissa.erase(0, 1);
    }
    const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
    int place = static_cast<int>(point) - 1 + exponent;
    for (const char c : mantissa) {
      if (c == '.') continue;
      if (c != '0') value.digits[static_cast<std::size_t>(Index(place))] = c - '0';
      --place;
    }
    if (value.First() == kPlaces) value.negative = false;
    return value;
  }

  int First() const {
    int i = 0;
    while (i < kPlaces && digits[static_cast<std::size_t>(i)] == 0) ++i;
    return i;
  }
  int Last() const {
    int i = kPlaces - 1;
    while (i >= 0 && digits[static_cast<std::size_t>(i)] == 0) --i;
    return i;
  }

  std::string Text() const {
    if (First() == kPlaces) return "0";
    std::string text = negative ? "-" : "";
    for (int i = std::min(First(), Index(0)); i <= std::max(Last(), Index(0)); ++i) {
      if (i == Index(-1)) text.push_back('.');
      text.push_back(static_cast<char>('0' + digits[static_cast<std::size_t>(i)]));
    }
    return text;
  }

  // What DynamoDB says of this value: its text, or why it cannot be stored.
  std::string Stored() const {
    if (First() == kPlaces) return "0";
    if (kHighest - First() > 125) return std::string(kOverflow);
    if (kHighest - First() < -130) return std::string(kUnderflow);
    if (Last() - First() + 1 > 38) return std::string(kTooManyDigits);
    return Text();
  }

  static int CompareMagnitude(const Fixed& a, const Fixed& b) {
    for (std::size_t i = 0; i < kPlaces; ++i)
      if (a.digits[i] != b.digits[i]) return a.digits[i] < b.digits[i] ? -1 : 1;
    return 0;
  }
  static int Compare(const Fixed& a, const Fixed& b) {
    if (a.negative != b.negative) return a.negative ? -1 : 1;
    return a.negative ? -CompareMagnitude(a, b) : CompareMagnitude(a, b);
  }

  static Fixed Add(const Fixed& a, const Fixed& b) {
    Fixed sum;
    int carry = 0;
    if (a.negative == b.negative) {
      sum.negative = a.negative;
      for (std::size_t i = kPlaces; i-- > 0;) {
        const int total = a.digits[i] + b.digits[i] + carry;
        sum.digits[i] = total % 10;
        carry = total / 10;
      }
      return sum;
    }
    const bool a_is_larger = CompareMagnitude(a, b) >= 0;
    const Fixed& large = a_is_larger ? a : b;
    const Fixed& small = a_is_larger ? b : a;
    sum.negative = large.negative;
    for (std::size_t i = kPlaces; i-- > 0;) {
      int total = large.digits[i] - small.digits[i] - carry;
      carry = total < 0 ? 1 : 0;
      sum.digits[i] = total + 10 * carry;
    }
    if (sum.First() == kPlaces) sum.negative = false;
    return sum;
  }

  // The size rule said another way: whole bytes for the digits of each side, counted on the text.
  std::size_t Size() const {
    std::string text = Text();
    if (text == "0") return 1;
    std::size_t size = 1;
    if (text[0] == '-') {
      ++size;
      text.erase(0, 1);
    }
    const std::size_t point = std::min(text.find('.'), text.size());
    std::string integer = text.substr(0, point);
    std::string fraction = text.substr(std::min(point + 1, text.size()));
    integer.erase(0, std::min(integer.find_first_not_of('0'), integer.size()));
    if (fraction.empty()) integer.erase(integer.find_last_not_of('0') + 1);
    if (integer.empty()) fraction.erase(0, fraction.find_first_not_of('0'));
    return size + (integer.size() + 1) / 2 + (fraction.size() + 1) / 2;
  }
};

std::uint64_t Seed() {
  const std::uint64_t seed = SystemRandom().Next();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

TEST(Number, PrintsExpandedAndTrimmed) {
  EXPECT_EQ(Canonical("0042.1200"), "42.12");
  EXPECT_EQ(Canonical("1E125"), "1" + std::string(125, '0'));
  EXPECT_EQ(Canonical("1e-130"), "0." + std::string(129, '0') + "1");
  EXPECT_EQ(Canonical("-1.50e3"), "-1500");
  EXPECT_EQ(Canonical("+.5"), "0.5");
  EXPECT_EQ(Canonical("5."), "5");
  EXPECT_EQ(Canonical("-0.00"), "0");
  EXPECT_EQ(Canonical("0e125"), "0");
  EXPECT_EQ(Canonical("12345678901234567890123456789012345678"), "12345678901234567890123456789012345678");
  EXPECT_EQ(Canonical("-0.12345678901234567890123456789012345678"), "-0.12345678901234567890123456789012345678");
  EXPECT_EQ(Canonical("9." + std::string(37, '9') + "e125"), std::string(38, '9') + std::string(88, '0'));
}

TEST(Number, RefusesWithAwsWords) {
  EXPECT_EQ(Canonical(""), "The parameter cannot be converted to a numeric value");
  EXPECT_EQ(Canonical("b"), "The parameter cannot be converted to a numeric value: b");
  for (const char* text : {"-", "+", ".", "e5", "1e", "1e+", "1 ", " 1", "1,5", "0x10", "NaN", "Infinity", "--1",
                           "1..2", "1e5.5", "1_000", "1e9223372036854775808", "1e-99999999999999999999"})
    EXPECT_EQ(Canonical(text), std::string("The parameter cannot be converted to a numeric value: ") + text);
  for (const char* text : {"1e126", "-1e126", "10e125", "1e99999999999", "0e126", "1e9223372036854775807"})
    EXPECT_EQ(Canonical(text), kOverflow) << text;
  for (const char* text : {"1e-131", "-1e-131", "0.1e-130", "1e-99999999999", "1e-9223372036854775807"})
    EXPECT_EQ(Canonical(text), kUnderflow) << text;
  for (const char* text : {"123456789012345678901234567890123456789", "-1.23456789012345678901234567890123456789",
                           "100000000000000000000000000000000000001"})
    EXPECT_EQ(Canonical(text), kTooManyDigits) << text;
  EXPECT_EQ(Number::Parse("b").error().code(), ErrorCode::kInvalidArgument);
}

TEST(Number, ReadsMegabytesOfHostileTextInLinearTime) {
  constexpr std::size_t kSize = 8'000'000;
  const std::string zeros(kSize, '0');
  EXPECT_EQ(Canonical(zeros + "1"), "1");
  EXPECT_EQ(Canonical("1." + zeros), "1");
  EXPECT_EQ(Canonical("0." + zeros + "1e8000001"), "1");
  EXPECT_EQ(Canonical("1" + zeros + "e-8000000"), "1");
  EXPECT_EQ(Canonical("1" + zeros), kOverflow);
  EXPECT_EQ(Canonical("0." + zeros + "1"), kUnderflow);
  EXPECT_EQ(Canonical("0." + std::string(kSize, '7')), kTooManyDigits);
  EXPECT_EQ(Canonical("1e" + zeros + "7"), "10000000");
  const std::string junk = Canonical(std::string(kSize, '7') + "x");
  EXPECT_LT(junk.size(), 400u) << "the echo of what was sent is bounded";
  // An echo is not cut inside a character.
  const std::string cut = Canonical("x" + [] {
    std::string text;
    for (int i = 0; i < 200; ++i) text += "\xc3\xa9";
    return text;
  }());
  EXPECT_TRUE(cut.ends_with("\xc3\xa9...")) << cut;
}

// Literals and bytes as measured against the service's 400 KB limit.
TEST(Number, CostsTheBytesThatAwsCounts) {
  const std::pair<const char*, std::size_t> kMeasured[] = {
      {"0", 1},
      {"1", 2},
      {"12", 2},
      {"123", 3},
      {"1234", 3},
      {"0042", 2},
      {"100", 2},
      {"1010", 3},
      {"1E125", 2},
      {"0.0000001", 2},
      {"1E-100", 2},
      {"1.5", 3},
      {"15", 2},
      {"1.2", 3},
      {"1.200", 3},
      {"1.234", 4},
      {"3.14159", 5},
      {"123456", 4},
      {"12345678901234567890123456789012345678", 20},
  };
  for (const auto& [text, bytes] : kMeasured) EXPECT_EQ(N(text).SizeBytes(), bytes) << text;
  EXPECT_EQ(N("-1").SizeBytes(), 3u);
}

TEST(Number, AddsExactlyAtTheEdgesOfThirtyEightDigits) {
  const auto add = [](std::string_view a, std::string_view b) { return Shown(Number::Add(N(a), N(b))); };
  EXPECT_EQ(add("0.1", "0.2"), "0.3");
  EXPECT_EQ(add("1", "-1"), "0");
  EXPECT_EQ(add(std::string(38, '9'), "1"), "1" + std::string(38, '0'));
  EXPECT_EQ(add("1e38", "-1"), std::string(38, '9'));
  EXPECT_EQ(add("1.9e38", "-1"), kTooManyDigits);
  EXPECT_EQ(add("2e38", "-1"), kTooManyDigits);
  EXPECT_EQ(add("1e38", "1"), kTooManyDigits);
  EXPECT_EQ(add("1e37", "1"), "1" + std::string(36, '0') + "1");
  EXPECT_EQ(add("1e125", "1e-130"), kTooManyDigits);
  EXPECT_EQ(add("9e125", "1e125"), kOverflow);
  EXPECT_EQ(add("1.1e-130", "-1e-130"), kUnderflow);
  EXPECT_EQ(Shown(Number::Subtract(N("5"), N("7.5"))), "-2.5");
  EXPECT_EQ(Shown(Number::Subtract(N("5"), N("0"))), "5");
  EXPECT_EQ(Shown(Number::Subtract(N("0"), N("5"))), "-5");
}

TEST(Number, MakesIntegersOfAnySize) {
  EXPECT_EQ(Number(0), Number());
  EXPECT_EQ(Number(-1200), N("-1.2e3"));
  EXPECT_EQ(Number(std::numeric_limits<std::int64_t>::min()).ToString(), "-9223372036854775808");
  EXPECT_EQ(Number(std::numeric_limits<std::int64_t>::max()).ToString(), "9223372036854775807");
}

TEST(Number, CountsTheDigitsOfEveryPowerOfTen) {
  std::string digits;
  for (int count = 1; count <= 38; ++count) {
    digits.push_back('9');
    EXPECT_EQ(N(digits).SizeBytes(), 1u + (static_cast<std::size_t>(count) + 1) / 2);
    EXPECT_LT(N(digits), N("1e" + std::to_string(count)));
    EXPECT_GT(N(digits), N("1e" + std::to_string(count - 1)));
  }
}

TEST(Number, AgreesWithSchoolbookArithmetic) {
  SeededRandom random(Seed());
  RandomValue values(&random);
  std::string previous = "0";
  for (int i = 0; i < 30'000; ++i) {
    const std::string text = values.NextNumberText();
    // Every other partner is near in magnitude, where carries and cancellation happen.
    const std::string other = i % 2 == 0 ? previous : text.substr(0, text.find_first_of("eE")).substr(0, 20);
    const std::string partner = other.find_first_of("0123456789") == std::string::npos ? "7" : other;
    const Fixed a = Fixed::Of(text);
    const Fixed b = Fixed::Of(partner);
    ASSERT_EQ(Canonical(text), a.Stored()) << text;
    if (b.Stored() != b.Text()) continue;
    const Number x = N(text);
    const Number y = N(partner);
    Fixed minus_b = b;
    minus_b.negative = b.First() != Fixed::kPlaces && !b.negative;

    ASSERT_EQ(x.SizeBytes(), a.Size()) << text;
    ASSERT_EQ(Shown(Number::Add(x, y)), Fixed::Add(a, b).Stored()) << text << " + " << partner;
    ASSERT_EQ(Shown(Number::Subtract(x, y)), Fixed::Add(a, minus_b).Stored()) << text << " - " << partner;
    ASSERT_EQ(x <=> y, Fixed::Compare(a, b) <=> 0) << text << " <=> " << partner;
    ASSERT_EQ(x == y, Fixed::Compare(a, b) == 0) << text << " == " << partner;
    ASSERT_EQ(Key(x).compare(Key(y)) <=> 0, Fixed::Compare(a, b) <=> 0) << text << " <=> " << partner;

    std::string key = Key(x) + "rest";
    ASSERT_LE(key.size(), Number::kKeyBytesMax + 4);
    std::string_view rest = key;
    const auto back = Number::TakeKey(rest);
    ASSERT_TRUE(back.ok()) << text;
    ASSERT_EQ(*back, x) << text;
    ASSERT_EQ(rest, "rest");
    previous = text;
  }
}

TEST(Number, KeysAreTheDocumentedBytes) {
  EXPECT_EQ(Key(N("0")), std::string("\x80"));
  EXPECT_EQ(Key(N("42")), std::string("\x81\x83\x2b\x00", 4));
  EXPECT_EQ(Key(N("-42")), std::string("\x7f\x7c\xd4\xff", 4));
  EXPECT_EQ(Key(N("1.5")), std::string("\x81\x82\x10\x00", 4));
  EXPECT_EQ(Key(N("100")), std::string("\x81\x84\x0b\x00", 4));
}

// Whatever TakeKey accepts is exactly what AppendKey writes.
TEST(Number, RefusesBytesThatAreNotAKey) {
  SeededRandom random(Seed());
  RandomValue values(&random);
  int accepted = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string bytes = i % 2 == 0 ? values.NextBytes(24) : Key(values.NextNumber());
    if (!bytes.empty() && i % 2 == 1)
      bytes[random.Below(bytes.size())] = static_cast<char>(static_cast<unsigned char>(random.Below(256)));
    std::string_view rest = bytes;
    const auto number = Number::TakeKey(rest);
    if (number.ok()) {
      ++accepted;
      ASSERT_EQ(Key(*number), bytes.substr(0, bytes.size() - rest.size()));
    } else {
      ASSERT_EQ(number.error().code(), ErrorCode::kCorruption);
      ASSERT_EQ(rest, bytes) << "nothing was consumed";
    }
  }
  EXPECT_GT(accepted, 100) << "some mutations are keys of other numbers";
}

}  // namespace
}  // namespace millrace::model
