#include "model/decimal.h"

#include <cstdint>

namespace millrace::model {
namespace {

// The class byte orders negative < zero < positive.
constexpr unsigned char kNegative = 0x7f;
constexpr unsigned char kZero = 0x80;
constexpr unsigned char kPositive = 0x81;
constexpr int kLeadBias = 130;  // the range of the leading exponent, -130 … 125, fills one byte exactly
constexpr int kPairsMax = 19;

}  // namespace

void AppendDecimalText(std::string& out, const Decimal& decimal) {
  if (decimal.count == 0) {
    out.push_back('0');
    return;
  }
  if (decimal.negative) out.push_back('-');
  const auto count = static_cast<std::size_t>(decimal.count);
  if (decimal.lead < 0) {
    out.append("0.");
    out.append(static_cast<std::size_t>(-decimal.lead - 1), '0');
    out.append(decimal.digits, count);
    return;
  }
  const auto integer_digits = static_cast<std::size_t>(decimal.lead) + 1;
  if (count <= integer_digits) {
    out.append(decimal.digits, count);
    out.append(integer_digits - count, '0');
    return;
  }
  out.append(decimal.digits, integer_digits);
  out.push_back('.');
  out.append(decimal.digits + integer_digits, count - integer_digits);
}

void AppendDecimalKey(std::string& out, const Decimal& decimal) {
  if (decimal.count == 0) {
    out.push_back(static_cast<char>(kZero));
    return;
  }
  const unsigned char flip = decimal.negative ? 0xff : 0x00;
  char key[2 + kPairsMax + 1];
  std::size_t size = 0;
  const auto put = [&](int byte) { key[size++] = static_cast<char>(static_cast<unsigned char>(byte) ^ flip); };
  key[size++] = static_cast<char>(decimal.negative ? kNegative : kPositive);
  put(decimal.lead + kLeadBias);
  for (int i = 0; i < decimal.count; i += 2) {
    const int high = decimal.digits[i] - '0';
    const int low = i + 1 < decimal.count ? decimal.digits[i + 1] - '0' : 0;
    put(high * 10 + low + 1);
  }
  put(0);
  out.append(key, size);
}

bool TakeDecimalKey(std::string_view& bytes, Decimal& decimal) {
  const auto* next = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* const end = next + bytes.size();
  if (next == end) return false;
  const unsigned char sign = *next++;
  if (sign == kZero) {
    decimal.count = 0;
    decimal.lead = 0;
    decimal.negative = false;
    bytes.remove_prefix(1);
    return true;
  }
  if ((sign != kNegative && sign != kPositive) || next == end) return false;
  const unsigned char flip = sign == kNegative ? 0xff : 0x00;
  decimal.negative = sign == kNegative;
  decimal.lead = static_cast<int>(static_cast<unsigned char>(*next++ ^ flip)) - kLeadBias;
  int count = 0;
  for (;;) {
    if (next == end) return false;
    const int pair = static_cast<unsigned char>(*next++ ^ flip) - 1;
    if (pair < 0) break;
    if (pair > 99 || count == 2 * kPairsMax) return false;
    decimal.digits[count++] = static_cast<char>('0' + pair / 10);
    decimal.digits[count++] = static_cast<char>('0' + pair % 10);
  }
  if (count == 0 || decimal.digits[0] == '0') return false;
  if (decimal.digits[count - 1] == '0') {  // the padding of an odd count, once
    --count;
    if (decimal.digits[count - 1] == '0') return false;
  }
  decimal.count = count;
  bytes.remove_prefix(static_cast<std::size_t>(next - reinterpret_cast<const unsigned char*>(bytes.data())));
  return true;
}

// DynamoDB rounds each side of the point up to whole bytes. Measured against the service's 400 KB limit; the developer
// guide's "1 byte per two significant digits" is an approximation.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
std::size_t DecimalSizeBytes(int count, int lead, bool negative) {
  if (count == 0) return 1;
  int integer_digits = lead + 1;
  if (integer_digits < 0) integer_digits = 0;
  if (integer_digits > count) integer_digits = count;  // trailing zeros are trimmed
  const int fraction_digits = count - integer_digits;  // so are those after the point of 0.00123
  return static_cast<std::size_t>(1 + (integer_digits + 1) / 2 + (fraction_digits + 1) / 2 + (negative ? 1 : 0));
}

}  // namespace millrace::model
