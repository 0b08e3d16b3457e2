// The three forms of a date in HTTP, and what is none.
#include "http/date.h"

#include <gtest/gtest.h>

namespace millrace::http {
namespace {

constexpr WallTime kNow{std::chrono::seconds(1'700'000'000)};  // November 2023

std::optional<std::int64_t> Seconds(std::string_view text) {
  const auto time = ParseDate(text, kNow);
  if (!time) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(time->time_since_epoch()).count();
}

TEST(Date, ReadsTheThreeForms) {
  EXPECT_EQ(Seconds("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
  EXPECT_EQ(Seconds("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777);
  EXPECT_EQ(Seconds("Sun Nov  6 08:49:37 1994"), 784111777);
  EXPECT_EQ(Seconds("Wed Oct 21 07:28:00 2026"), 1792567680);
  EXPECT_EQ(Seconds("Thu, 29 Feb 2024 00:00:00 GMT"), 1709164800);
}

TEST(Date, TakesAYearOfTwoDigitsForOneNotFarAhead) {
  EXPECT_EQ(Seconds("Wednesday, 21-Oct-26 07:28:00 GMT"), Seconds("Wed, 21 Oct 2026 07:28:00 GMT"));
  EXPECT_EQ(Seconds("Monday, 01-Jan-73 00:00:00 GMT"), Seconds("Mon, 01 Jan 2073 00:00:00 GMT"));
  EXPECT_EQ(Seconds("Tuesday, 01-Jan-74 00:00:00 GMT"), Seconds("Tue, 01 Jan 1974 00:00:00 GMT"));
}

TEST(Date, RefusesWhatIsNone) {
  for (const std::string_view text :
       {"", "7", "Sun", "Sun, ", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Noo 1994 08:49:37 GMT",
        "Sun, 31 Feb 2024 00:00:00 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1900 08:49:37 GMT", "Sun, 06 Nov 9999 08:49:37 GMT",
        "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov +994 08:49:37 GMT"})
    EXPECT_EQ(Seconds(text), std::nullopt) << text;
}

}  // namespace
}  // namespace millrace::http
