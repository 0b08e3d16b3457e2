#include "base/timestamp.h"

#include <charconv>
#include <chrono>

namespace millrace {
namespace {

// Takes exactly `digits` digits.
bool TakeNumber(std::string_view& text, std::size_t digits, int& number) {
  if (text.size() < digits) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (error != std::errc() || end != text.data() + digits || text[0] == '-') return false;
  text.remove_prefix(digits);
  return true;
}

bool TakeOne(std::string_view& text, std::string_view signs) {
  if (text.empty() || signs.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<std::int64_t> ParseTimestamp(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const bool read = TakeNumber(text, 4, year) && TakeOne(text, "-") && TakeNumber(text, 2, month) &&
                    TakeOne(text, "-") && TakeNumber(text, 2, day) && TakeOne(text, "Tt ") &&
                    TakeNumber(text, 2, hour) && TakeOne(text, ":") && TakeNumber(text, 2, minute) &&
                    TakeOne(text, ":") && TakeNumber(text, 2, second);
  if (!read || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  int milliseconds = 0;
  if (TakeOne(text, ".")) {
    std::size_t digits = 0;
    for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), ++digits)
      if (digits < 3) milliseconds = milliseconds * 10 + (text[0] - '0');
    if (digits == 0 || digits > 12) return std::nullopt;
    for (; digits < 3; ++digits) milliseconds *= 10;
  }
  int offset_minutes = 0;
  if (!TakeOne(text, "Zz")) {
    const bool west = !text.empty() && text[0] == '-';
    int hours = 0, minutes = 0;
    if (!TakeOne(text, "+-") || !TakeNumber(text, 2, hours) || !TakeOne(text, ":") || !TakeNumber(text, 2, minutes) ||
        hours > 23 || minutes > 59)
      return std::nullopt;
    offset_minutes = (hours * 60 + minutes) * (west ? -1 : 1);
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!text.empty() || !date.ok()) return std::nullopt;
  const std::int64_t seconds = std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86'400} +
                               hour * 3600 + minute * 60 + second - offset_minutes * 60;
  if (seconds < 0) return std::nullopt;
  return seconds * 1000 + milliseconds;
}

}  // namespace millrace
