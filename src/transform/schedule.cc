#include "transform/schedule.h"

#include <algorithm>
#include <bit>
#include <chrono>

#include "transform/schedule_parser.h"

namespace millrace::transform {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr int kMinutesPerDay = 24 * 60;

// 1 for Sunday.
unsigned WeekdayOf(std::chrono::sys_days day) {
  return std::chrono::weekday(day).c_encoding() + 1;
}

// The lowest bit at or above `from`, or nothing.
std::optional<unsigned> BitFrom(std::uint64_t bits, unsigned from) {
  const std::uint64_t rest = from >= 64 ? 0 : bits >> from << from;
  if (rest == 0) return std::nullopt;
  return static_cast<unsigned>(std::countr_zero(rest));
}

}  // namespace

Result<Schedule> Schedule::Parse(std::string_view text, std::int64_t start_ms) {
  if (text.size() > kBytesMax) return BadSchedule("it has {} characters, more than {}", text.size(), kBytesMax);
  Schedule schedule;
  schedule.start_ms_ = start_ms;
  const auto body_of = [&](std::string_view name) -> std::optional<std::string_view> {
    if (!text.starts_with(name) || !text.ends_with(')')) return std::nullopt;
    return text.substr(name.size(), text.size() - name.size() - 1);
  };
  if (const auto body = body_of("rate(")) {
    TRY(ScheduleParser::ParseRate(*body, schedule));
  } else if (const auto fields = body_of("cron(")) {
    TRY(ScheduleParser::ParseCron(*fields, schedule));
  } else {
    return BadSchedule("it is neither rate(…) nor cron(…)");
  }
  return schedule;
}

std::optional<std::int64_t> Schedule::Next(std::int64_t after_ms) const {
  return period_ms_ != 0 ? NextOfRate(after_ms) : NextOfCron(after_ms);
}

std::optional<std::int64_t> Schedule::NextOfRate(std::int64_t after_ms) const {
  std::int64_t next = 0;
  if (after_ms < start_ms_) {
    return __builtin_add_overflow(start_ms_, period_ms_, &next) ? std::nullopt : std::optional(next);
  }
  // Unsigned: the two may be further apart than a signed number reaches.
  const std::uint64_t since = static_cast<std::uint64_t>(after_ms) - static_cast<std::uint64_t>(start_ms_);
  const auto into = static_cast<std::int64_t>(since % static_cast<std::uint64_t>(period_ms_));
  return __builtin_add_overflow(after_ms, period_ms_ - into, &next) ? std::nullopt : std::optional(next);
}

std::uint32_t Schedule::DaysOf(int year, unsigned month) const {
  using std::chrono::days;
  const std::chrono::year_month_day_last end{std::chrono::year(year), std::chrono::month(month) / std::chrono::last};
  const std::chrono::sys_days first{std::chrono::year(year) / std::chrono::month(month) / 1};
  const auto last = static_cast<unsigned>(end.day());
  const auto weekday_of = [&](unsigned day) { return WeekdayOf(first + days(day - 1)); };
  const auto bit = [](unsigned day) { return std::uint32_t{1} << day; };
  const std::uint32_t all = static_cast<std::uint32_t>((std::uint64_t{1} << (last + 1)) - 2);

  std::uint32_t found = days_ & all;
  for (unsigned day = 1; weekdays_ != 0 && day <= last; ++day) {
    if ((weekdays_ >> weekday_of(day) & 1) != 0) found |= bit(day);
  }
  if (last_day_) found |= bit(last);
  const auto nearest = [&](unsigned day) {
    const unsigned weekday = weekday_of(day);
    if (weekday == 7) return day == 1 ? 3 : day - 1;           // Saturday
    if (weekday == 1) return day == last ? day - 2 : day + 1;  // Sunday
    return day;
  };
  if (last_workday_) found |= bit(nearest(last));
  if (nearest_workday_ != 0 && nearest_workday_ <= last) found |= bit(nearest(nearest_workday_));
  if (last_weekday_ != 0) found |= bit(last - (weekday_of(last) + 7 - last_weekday_) % 7);
  if (nth_ != 0) {
    const unsigned day = 1 + (nth_weekday_ + 7 - weekday_of(1)) % 7 + 7 * (nth_ - 1);
    if (day <= last) found |= bit(day);
  }
  return found;
}

std::optional<std::int64_t> Schedule::NextOfCron(std::int64_t after_ms) const {
  using namespace std::chrono;
  const sys_days end{year(kYearMax + 1) / January / 1};
  if (after_ms >= duration_cast<milliseconds>(end.time_since_epoch()).count()) return std::nullopt;
  // The first full minute after; nothing fires before 1970.
  const std::int64_t minute = std::max<std::int64_t>(after_ms, -1) < 0 ? 0 : after_ms / kMinuteMs + 1;
  const sys_days today{days(minute / kMinutesPerDay)};
  const year_month_day date(today);
  const auto hour_today = static_cast<unsigned>(minute % kMinutesPerDay / 60);
  const auto minute_today = static_cast<unsigned>(minute % 60);

  bool first_month = true;
  for (int y = static_cast<int>(date.year()); y <= kYearMax; ++y) {
    if (!years_.test(static_cast<std::size_t>(y - kYearMin))) {
      first_month = false;
      continue;
    }
    for (unsigned m = first_month ? static_cast<unsigned>(date.month()) : 1; m <= 12; ++m) {
      const unsigned first_day = first_month ? static_cast<unsigned>(date.day()) : 1;
      first_month = false;
      if ((months_ >> m & 1) == 0) continue;
      const std::uint32_t fires = DaysOf(y, m);
      for (auto d = BitFrom(fires, first_day); d; d = BitFrom(fires, *d + 1)) {
        const sys_days day{year(y) / month(m) / *d};
        unsigned from_hour = day == today ? hour_today : 0;
        unsigned from_minute = day == today ? minute_today : 0;
        for (auto h = BitFrom(hours_, from_hour); h; h = BitFrom(hours_, *h + 1)) {
          if (*h != from_hour) from_minute = 0;
          const auto found = BitFrom(minutes_, from_minute);
          if (!found) continue;
          return (static_cast<std::int64_t>(day.time_since_epoch().count()) * kMinutesPerDay + *h * 60 + *found) *
                 kMinuteMs;
        }
      }
    }
  }
  return std::nullopt;
}

}  // namespace millrace::transform
