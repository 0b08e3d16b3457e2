// Schedule: the documentation's examples, everything that EventBridge was recorded to refuse, and Next against a search
// minute by minute with random expressions.
#include "transform/schedule.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <limits>
#include <vector>

#include "base/random.h"
#include "transform/envelope.h"

namespace millrace::transform {
namespace {

using std::chrono::sys_days;
using std::chrono::year;

std::int64_t At(int y, unsigned m, unsigned d, int hour = 0, int minute = 0) {
  const sys_days day{year(y) / std::chrono::month(m) / d};
  return (day.time_since_epoch().count() * 1440LL + hour * 60 + minute) * 60'000;
}

// The next `count` times, in short.
std::vector<std::string> Times(std::string_view expression, std::int64_t after_ms, int count = 4) {
  const auto schedule = Schedule::Parse(expression);
  if (!schedule.ok()) return {schedule.error().message()};
  std::vector<std::string> times;
  for (int i = 0; i < count; ++i) {
    const auto next = schedule->Next(after_ms);
    times.push_back(next ? FormatTime(*next).substr(0, 16) : "never");
    if (!next) break;
    after_ms = *next;
  }
  return times;
}

using Strings = std::vector<std::string>;

// 2026-01-01 is a Thursday.
const std::int64_t kStart = At(2026, 1, 1);

TEST(Schedule, FiresAsTheDocumentationSays) {
  EXPECT_EQ(Times("cron(0 10 * * ? *)", kStart, 2), (Strings{"2026-01-01T10:00", "2026-01-02T10:00"}));
  EXPECT_EQ(Times("cron(15 12 * * ? *)", kStart, 1), (Strings{"2026-01-01T12:15"}));
  EXPECT_EQ(Times("cron(0 18 ? * MON-FRI *)", kStart, 3),
            (Strings{"2026-01-01T18:00", "2026-01-02T18:00", "2026-01-05T18:00"}));
  EXPECT_EQ(Times("cron(0 8 1 * ? *)", kStart, 2), (Strings{"2026-01-01T08:00", "2026-02-01T08:00"}));
  EXPECT_EQ(Times("cron(0/15 * * * ? *)", kStart),
            (Strings{"2026-01-01T00:15", "2026-01-01T00:30", "2026-01-01T00:45", "2026-01-01T01:00"}));
  EXPECT_EQ(Times("cron(0/10 * ? * MON-FRI *)", At(2026, 1, 2, 23, 45), 2),
            (Strings{"2026-01-02T23:50", "2026-01-05T00:00"}));
  EXPECT_EQ(Times("cron(0/5 8-17 ? * MON-FRI *)", At(2026, 1, 1, 17, 50), 2),
            (Strings{"2026-01-01T17:55", "2026-01-02T08:00"}));
  EXPECT_EQ(Times("cron(0/30 20-2 ? * MON-FRI *)", At(2026, 1, 1, 1, 59)),
            (Strings{"2026-01-01T02:00", "2026-01-01T02:30", "2026-01-01T20:00", "2026-01-01T20:30"}));
  EXPECT_EQ(Times("cron(1/10 0 * * ? *)", kStart, 3),
            (Strings{"2026-01-01T00:01", "2026-01-01T00:11", "2026-01-01T00:21"}));
  EXPECT_EQ(Times("cron(5,35 14 * * ? *)", kStart, 3),
            (Strings{"2026-01-01T14:05", "2026-01-01T14:35", "2026-01-02T14:05"}));
  EXPECT_EQ(Times("cron(15 10 ? * 6L 2019-2022)", At(2022, 11, 1)),
            (Strings{"2022-11-25T10:15", "2022-12-30T10:15", "never"}));
  EXPECT_EQ(Times("cron(0 0 ? * 3#2 *)", kStart, 2), (Strings{"2026-01-13T00:00", "2026-02-10T00:00"}));
  EXPECT_EQ(Times("cron(0 0 3W * ? *)", kStart, 3),
            (Strings{"2026-01-02T00:00", "2026-02-03T00:00", "2026-03-03T00:00"}));
}

TEST(Schedule, KnowsTheEndsOfMonths) {
  EXPECT_EQ(Times("cron(0 0 L * ? *)", kStart, 3),
            (Strings{"2026-01-31T00:00", "2026-02-28T00:00", "2026-03-31T00:00"}));
  EXPECT_EQ(Times("cron(0 0 L 2 ? *)", At(2027, 3, 1), 1), (Strings{"2028-02-29T00:00"}));
  EXPECT_EQ(Times("cron(0 0 LW * ? *)", kStart, 2), (Strings{"2026-01-30T00:00", "2026-02-27T00:00"}));
  EXPECT_EQ(Times("cron(0 0 1W 8 ? 2026)", kStart, 2), (Strings{"2026-08-03T00:00", "never"}));   // a Saturday
  EXPECT_EQ(Times("cron(0 0 31W 5 ? 2026)", kStart, 2), (Strings{"2026-05-29T00:00", "never"}));  // a Sunday
  EXPECT_EQ(Times("cron(0 0 15W 2,3 ? 2026)", kStart, 2), (Strings{"2026-02-16T00:00", "2026-03-16T00:00"}));
  EXPECT_EQ(Times("cron(0 0 31W * ? *)", At(2026, 1, 31), 1), (Strings{"2026-03-31T00:00"}));
  EXPECT_EQ(Times("cron(0 0 29 2 ? *)", kStart, 2), (Strings{"2028-02-29T00:00", "2032-02-29T00:00"}));
  EXPECT_EQ(Times("cron(0 0 30 2 ? *)", kStart), (Strings{"never"}));
  EXPECT_EQ(Times("cron(0 0 ? * SUN#5 2026)", kStart, 2), (Strings{"2026-03-29T00:00", "2026-05-31T00:00"}));
  EXPECT_EQ(Times("cron(0 0 ? * L *)", kStart, 2), (Strings{"2026-01-03T00:00", "2026-01-10T00:00"}));
  EXPECT_EQ(Times("cron(0 0 ? * fril 2026)", kStart, 1), (Strings{"2026-01-30T00:00"}));
}

TEST(Schedule, TakesWhatEventBridgeTakes) {
  for (const std::string_view expression :
       {"cron(0-15/1 8-8 ? * 2,3,4,5,6,7 *)", "cron(30-30 13-13 ? * 2,4,6 *)", "cron(1-31/30 1-1 ? * 1,7 *)",
        "cron(0/30 0-2 ? * MON-SUN *)", "cron(0/20 * ? * TUE-SAT *)", "cron(*/1 * ? * * *)", "cron( 0  12 * * ? * )",
        "cron(0 12 * JAN-MAR,dec ? *)", "cron(0 0 28-3/2 NOV-FEB ? 2026,2028-2030,2100/10)", "rate(1 minute)",
        "rate(5 minutes)", "rate(1 hour)", "rate(12 hours)", "rate(1 day)", "rate(10 days)", "rate(10  days)"}) {
    EXPECT_TRUE(Schedule::Parse(expression).ok()) << Schedule::Parse(expression).error().message();
  }
}

// The first of each group were recorded.
TEST(Schedule, RefusesWhatEventBridgeRefuses) {
  for (const std::string_view expression : {"rate(10 seconds)",
                                            "rate(10 years)",
                                            "rate(1 minutes)",
                                            "rate(1 hours)",
                                            "rate(1 days)",
                                            "rate(10 minute)",
                                            "rate(10 hour)",
                                            "rate(10 day)",
                                            "rate()",
                                            "rate(10)",
                                            "rate(10 minutess)",
                                            "rate(foo minutes)",
                                            "rate(0 minutes)",
                                            "rate(-10 minutes)",
                                            "rate(10 MINUTES)",
                                            "rate( 10 minutes )",
                                            " rate(10 minutes)",
                                            "rate(1.5 hours)",
                                            "rate(+5 minutes)",
                                            "rate(99999999999 days)",
                                            "rate(10 minutes",
                                            "rate(10 minutes))",
                                            "cron(0 1 * * * *)",
                                            "cron(7 20 * * NOT *)",
                                            "cron(7 20 * * 1-7 *)",
                                            "cron(INVALID)",
                                            "cron()",
                                            "cron(0 dummy ? * MON-FRI *)",
                                            "cron(71 8 1 * ? *)",
                                            "cron(*/1 * * * *)",
                                            "cron(0 8 ? * ? *)",
                                            "cron(0 8 * * ? * *)",
                                            "cron(0 24 * * ? *)",
                                            "cron(0 8 0 * ? *)",
                                            "cron(0 8 32 * ? *)",
                                            "cron(0 8 1 13 ? *)",
                                            "cron(0 8 ? * 0 *)",
                                            "cron(0 8 ? * 8 *)",
                                            "cron(0 8 * * ? 1969)",
                                            "cron(0 8 * * ? 2200)",
                                            "cron(0 8 * * ? 2030-2020)",
                                            "cron(0, 8 * * ? *)",
                                            "cron(,0 8 * * ? *)",
                                            "cron(0/0 8 * * ? *)",
                                            "cron(0/61 8 * * ? *)",
                                            "cron(/5 8 * * ? *)",
                                            "cron(1-2-3 8 * * ? *)",
                                            "cron(1/2/3 8 * * ? *)",
                                            "cron(1- 8 * * ? *)",
                                            "cron(? 8 * * ? *)",
                                            "cron(0 8 1,15W * ? *)",
                                            "cron(0 8 W * ? *)",
                                            "cron(0 8 32W * ? *)",
                                            "cron(0 8 ? * 3#1,6#3 *)",
                                            "cron(0 8 ? * 3#6 *)",
                                            "cron(0 8 ? * 3#0 *)",
                                            "cron(0 8 ? * #1 *)",
                                            "cron(0 8 ? * 6W *)",
                                            "cron(0 8 ? * 8L *)",
                                            "cron(0 8 6# * ? *)",
                                            "cron(-1 8 * * ? *)",
                                            "",
                                            "5 minutes",
                                            "at(2021-12-31T23:59:59)",
                                            "RATE(5 minutes)",
                                            "cron(0 8 * * ? *",
                                            "rate",
                                            "cron(",
                                            ")"}) {
    const auto schedule = Schedule::Parse(expression);
    ASSERT_FALSE(schedule.ok()) << expression;
    EXPECT_EQ(schedule.error().reason(), reason::kInvalidSchedule);
    EXPECT_TRUE(schedule.error().message().starts_with("Parameter ScheduleExpression is not valid. Reason: "))
        << schedule.error().message();
  }
  EXPECT_FALSE(Schedule::Parse("cron(0 0 1" + std::string(250, ' ') + "* ? *)").ok());
}

TEST(Schedule, SaysWhatIsWrong) {
  const auto message = [](std::string_view expression) {
    return Schedule::Parse(expression)
        .error()
        .message()
        .substr(std::string_view("Parameter ScheduleExpression is not valid. Reason: ").size());
  };
  EXPECT_EQ(message("rate(1 minutes)"), "write rate(1 minute).");
  EXPECT_EQ(message("rate(5 hour)"), "write rate(5 hours).");
  EXPECT_EQ(message("rate(5 weeks)"), "the unit of a rate is minutes, hours or days, not 'weeks'.");
  EXPECT_EQ(message("cron(71 8 1 * ? *)"), "'71' in minutes is not 0 to 59.");
  EXPECT_EQ(message("cron(0 8 1 FOO ? *)"), "'FOO' in month is not 1 to 12 or JAN to DEC.");
  EXPECT_EQ(message("cron(0 1 * * * *)"), "exactly one of day-of-month and day-of-week must be '?', not '*' and '*'.");
  EXPECT_EQ(message("cron(0 8 * * ?)"),
            "cron has 5 fields, not the six minutes, hours, day-of-month, month, day-of-week and year.");
}

TEST(Schedule, ARateCountsFromItsStart) {
  const auto schedule = Schedule::Parse("rate(5 minutes)", 1'000);
  ASSERT_TRUE(schedule.ok());
  EXPECT_EQ(schedule->Next(-50), 301'000);
  EXPECT_EQ(schedule->Next(1'000), 301'000);
  EXPECT_EQ(schedule->Next(300'999), 301'000);
  EXPECT_EQ(schedule->Next(301'000), 601'000);
  EXPECT_EQ(Schedule::Parse("rate(1 day)")->Next(1), 86'400'000);
}

TEST(Schedule, EndsWithTime) {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  for (const std::string_view expression : {"cron(* * * * ? *)", "rate(1 minute)", "rate(2147483647 days)"}) {
    for (const std::int64_t start : {kMin, std::int64_t{0}, kMax}) {
      const auto schedule = Schedule::Parse(expression, start);
      ASSERT_TRUE(schedule.ok());
      for (const std::int64_t after : {kMin, kMin + 1, std::int64_t{-1}, std::int64_t{0}, kMax - 1, kMax}) {
        const auto next = schedule->Next(after);
        EXPECT_TRUE(!next || *next > after);
      }
    }
  }
  EXPECT_EQ(Times("cron(* * * * ? *)", std::numeric_limits<std::int64_t>::min(), 1), (Strings{"1970-01-01T00:00"}));
  EXPECT_EQ(Times("cron(* * * * ? *)", At(2199, 12, 31, 23, 58)), (Strings{"2199-12-31T23:59", "never"}));
  EXPECT_EQ(Times("cron(0 0 1 1 ? 2027)", At(2027, 1, 1)), (Strings{"never"}));
}

// A field as text, and, made independently of the parser, which values it means.
struct RandomField {
  std::string text;
  std::function<bool(int)> means;
};

RandomField MakeField(Random& random, int min, int max) {
  const int size = max - min + 1;
  const auto value = [&] { return min + static_cast<int>(random.Below(static_cast<std::uint64_t>(size))); };
  switch (random.Below(5)) {
    case 0:
      return {"*", [](int) { return true; }};
    case 1: {
      const int step = 1 + static_cast<int>(random.Below(static_cast<std::uint64_t>(size)));
      return {"*/" + std::to_string(step), [=](int v) { return (v - min) % step == 0; }};
    }
    case 2: {
      const int first = value();
      const int step = 1 + static_cast<int>(random.Below(static_cast<std::uint64_t>(size)));
      return {fmt::format("{}/{}", first, step), [=](int v) { return v >= first && (v - first) % step == 0; }};
    }
    case 3: {
      const int first = value();
      const int last = value();
      return {fmt::format("{}-{}", first, last),
              [=](int v) { return first <= last ? v >= first && v <= last : v >= first || v <= last; }};
    }
    default: {
      const int a = value();
      const int b = value();
      return {fmt::format("{},{}", a, b), [=](int v) { return v == a || v == b; }};
    }
  }
}

struct Day {
  int day = 0;
  int last = 0;
  int weekday = 0;                          // 1 for Sunday
  std::function<int(int)> weekday_of = {};  // of another day of the month
};
struct RandomDays {
  std::string day_of_month;
  std::string day_of_week;
  std::function<bool(const Day&)> means;
};

bool IsNearestWorkday(const Day& d, int to) {
  if (to > d.last || d.weekday == 1 || d.weekday == 7) return false;
  // The workday with the least distance; a Saturday's is before, a Sunday's behind it, unless that is another month.
  int best = 0;
  for (const int distance : {0, -1, 1, -2, 2}) {
    const int day = to + distance;
    if (day < 1 || day > d.last) continue;
    const int weekday = d.weekday_of(day);
    if (weekday == 1 || weekday == 7) continue;
    best = day;
    break;
  }
  return d.day == best;
}

RandomDays MakeDays(Random& random) {
  const int weekday = 1 + static_cast<int>(random.Below(7));
  switch (random.Below(8)) {
    case 0:
      return {"L", "?", [](const Day& d) { return d.day == d.last; }};
    case 1:
      return {"LW", "?", [](const Day& d) { return IsNearestWorkday(d, d.last); }};
    case 2: {
      const int to = 1 + static_cast<int>(random.Below(31));
      return {fmt::format("{}W", to), "?", [=](const Day& d) { return IsNearestWorkday(d, to); }};
    }
    case 3:
      return {"?", fmt::format("{}L", weekday),
              [=](const Day& d) { return d.weekday == weekday && d.day + 7 > d.last; }};
    case 4: {
      const int nth = 1 + static_cast<int>(random.Below(5));
      return {"?", fmt::format("{}#{}", weekday, nth),
              [=](const Day& d) { return d.weekday == weekday && (d.day - 1) / 7 + 1 == nth; }};
    }
    case 5: {
      const RandomField field = MakeField(random, 1, 7);
      return {"?", field.text, [=](const Day& d) { return field.means(d.weekday); }};
    }
    default: {
      const RandomField field = MakeField(random, 1, 31);
      return {field.text, "?", [=](const Day& d) { return field.means(d.day); }};
    }
  }
}

TEST(Schedule, AgreesWithASearchMinuteByMinute) {
  const std::uint64_t seed = SystemRandom().Next();
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  constexpr int kDaysMax = 3 * 366;
  std::size_t found_count = 0;
  for (int round = 0; round < 400; ++round) {
    const RandomField minutes = MakeField(random, 0, 59);
    const RandomField hours = MakeField(random, 0, 23);
    const RandomField months = MakeField(random, 1, 12);
    const RandomDays days = MakeDays(random);
    const std::string expression = fmt::format("cron({} {} {} {} {} *)", minutes.text, hours.text, days.day_of_month,
                                               months.text, days.day_of_week);
    SCOPED_TRACE(expression);
    const auto schedule = Schedule::Parse(expression);
    ASSERT_TRUE(schedule.ok()) << schedule.error().message();

    const std::int64_t after = At(1970, 1, 1) + static_cast<std::int64_t>(random.Below(200ULL * 365 * 86'400'000));
    std::int64_t expected = -1;
    std::int64_t minute = after / 60'000 + 1;
    const std::int64_t end = minute + kDaysMax * 1440LL;
    while (minute < end && expected < 0) {
      const sys_days today{std::chrono::days(minute / 1440)};
      const std::chrono::year_month_day date(today);
      const std::chrono::year_month_day_last last{date.year(), date.month() / std::chrono::last};
      const sys_days first{date.year() / date.month() / 1};
      const auto weekday_of = [&](int day) {
        return static_cast<int>(std::chrono::weekday(first + std::chrono::days(day - 1)).c_encoding()) + 1;
      };
      Day day{static_cast<int>(static_cast<unsigned>(date.day())), static_cast<int>(static_cast<unsigned>(last.day())),
              0, weekday_of};
      day.weekday = weekday_of(day.day);
      const bool fires = months.means(static_cast<int>(static_cast<unsigned>(date.month()))) && days.means(day);
      const std::int64_t tomorrow = (minute / 1440 + 1) * 1440;
      for (; fires && minute < tomorrow; ++minute) {
        if (hours.means(static_cast<int>(minute % 1440 / 60)) && minutes.means(static_cast<int>(minute % 60))) {
          expected = minute * 60'000;
          break;
        }
      }
      if (expected < 0) minute = tomorrow;
    }
    const auto next = schedule->Next(after);
    if (expected >= 0) {
      ++found_count;
      ASSERT_TRUE(next);
      EXPECT_EQ(FormatTime(*next), FormatTime(expected)) << "after " << FormatTime(after);
    } else {
      EXPECT_TRUE(!next || *next >= end * 60'000) << FormatTime(next.value_or(0));
    }
  }
  EXPECT_GT(found_count, 200U);
}

TEST(Schedule, SurvivesRandomText) {
  const std::uint64_t seed = SystemRandom().Next();
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  constexpr std::string_view kCharacters = "0123456789*?/-,#LW JANMONFRI  ";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = random.Below(8) == 0 ? "rate(" : "cron(";
    for (int field = 0; field < 6; ++field) {
      for (std::uint64_t n = 1 + random.Below(3); n > 0; --n) text += kCharacters[random.Below(kCharacters.size())];
      text += ' ';
    }
    text.back() = ')';
    const auto schedule = Schedule::Parse(text);
    if (!schedule.ok()) continue;
    const auto next = schedule->Next(kStart);
    EXPECT_TRUE(!next || *next > kStart) << text;
  }
}

}  // namespace
}  // namespace millrace::transform
