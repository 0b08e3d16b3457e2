// Local times come and go with daylight saving, and back again.
#include "transform/time_zone.h"

#include <gtest/gtest.h>

#include "base/timestamp.h"

namespace millrace::transform {
namespace {

std::int64_t Time(std::string_view text) {
  return *ParseTimestamp(text);
}

TEST(TimeZone, ShowsWhatTheClockOnTheWallShows) {
  const auto berlin = TimeZone::Load("Europe/Berlin");
  ASSERT_TRUE(berlin.ok());
  EXPECT_EQ(berlin->LocalOf(Time("2026-01-01T12:00:00.007Z")), Time("2026-01-01T13:00:00.007Z"));
  EXPECT_EQ(berlin->LocalOf(Time("2026-07-01T12:00:00Z")), Time("2026-07-01T14:00:00Z"));
  EXPECT_EQ(berlin->InstantOf(Time("2026-07-01T14:00:00.5Z")).time_ms, Time("2026-07-01T12:00:00.5Z"));
}

TEST(TimeZone, WhatAShiftSkipsIsSaidAndWhatItRepeatsIsTheFirst) {
  const auto berlin = *TimeZone::Load("Europe/Berlin");
  // 29 March 2026: from 02:00 to 03:00. 25 October: from 03:00 back to 02:00.
  const auto skipped = berlin.InstantOf(Time("2026-03-29T02:30:00Z"));
  EXPECT_TRUE(skipped.skipped);
  EXPECT_EQ(skipped.time_ms, Time("2026-03-29T01:00:00Z"));
  const auto twice = berlin.InstantOf(Time("2026-10-25T02:30:00Z"));
  EXPECT_FALSE(twice.skipped);
  EXPECT_EQ(twice.time_ms, Time("2026-10-25T00:30:00Z"));
}

TEST(TimeZone, OnlyNamesOfTheDatabaseAreZones) {
  EXPECT_TRUE(TimeZone::Load("UTC").ok());
  EXPECT_TRUE(TimeZone::Load("America/Argentina/Buenos_Aires").ok());
  for (const std::string_view name :
       {"", "Mars/Olympus", "/etc/localtime", "../../etc/localtime", "file:/etc/localtime", "Europe/Berlin ",
        "a234567890b234567890c234567890d234567890e234567890f"})
    EXPECT_FALSE(TimeZone::Load(name).ok()) << name;
}

}  // namespace
}  // namespace millrace::transform
