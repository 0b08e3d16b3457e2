// Schedule is when a scheduled rule fires: an EventBridge schedule expression.
//
//   rate(5 minutes)            every so often: minute(s), hour(s), day(s); singular for 1, plural for the rest
//   cron(0/15 8-17 ? * MON-FRI *)
//                              minutes hours day-of-month month day-of-week year, in UTC
//
// Fields of cron: minutes 0-59, hours 0-23, day-of-month 1-31, month 1-12 or JAN-DEC, day-of-week 1-7 or SUN-SAT, year
// 1970-2199. "a,b" lists, "a-b" is a range, which may wrap around ("20-2", but not for years), "a/n", "*/n" and "a-b/n"
// take every n-th. Exactly one of day-of-month and day-of-week is "?".
//   day-of-month  "L" the last day; "15W" the weekday nearest to the 15th within the month, none if the month has no
//                 such day; "LW" the last weekday
//   day-of-week   "L" Saturday; "6L" the last Friday of the month; "6#3" the third Friday
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
//
// Threads:   immutable after Parse.
// Failure:   InvalidArgument with AWS's words and what is wrong. An expression that never fires, such as 30 February,
// is
//            none: Next says so.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace millrace::transform {

namespace reason {
inline constexpr std::string_view kInvalidSchedule = "InvalidSchedule";
}

class Schedule {
 public:
  static constexpr std::size_t kBytesMax = 256;

  // A rate counts from `start_ms`, since the epoch: when the rule was created.
  static Result<Schedule> Parse(std::string_view text, std::int64_t start_ms = 0);

  // The first time after `after_ms` at which the schedule fires, or nullopt if it never does again.
  std::optional<std::int64_t> Next(std::int64_t after_ms) const;

 private:
  friend class ScheduleParser;

  static constexpr int kYearMin = 1970;
  static constexpr int kYearMax = 2199;

  std::optional<std::int64_t> NextOfRate(std::int64_t after_ms) const;
  std::optional<std::int64_t> NextOfCron(std::int64_t after_ms) const;
  // Bit d is the d-th day.
  std::uint32_t DaysOf(int year, unsigned month) const;

  // A rate, if the period is not 0.
  std::int64_t period_ms_ = 0;
  std::int64_t start_ms_ = 0;

  // Bit n is the value n, of years the n-th from kYearMin.
  std::uint64_t minutes_ = 0;
  std::uint32_t hours_ = 0;
  std::uint32_t months_ = 0;
  std::bitset<kYearMax - kYearMin + 1> years_;
  // Days that fire: by their number in the month, or by the day of the week with 1 for Sunday, or else by one of the
  // rest. 0 is none.
  std::uint32_t days_ = 0;
  std::uint32_t weekdays_ = 0;
  bool last_day_ = false;
  bool last_workday_ = false;
  unsigned nearest_workday_ = 0;  // to that day of the month
  unsigned last_weekday_ = 0;     // the last such day of the week in the month
  unsigned nth_weekday_ = 0;      // the nth_ such day
  unsigned nth_ = 0;
};

}  // namespace millrace::transform
