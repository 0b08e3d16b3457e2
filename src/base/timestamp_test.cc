// Timestamps: what RFC 3339 allows is read to the millisecond, everything else is refused.
#include "base/timestamp.h"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(Timestamp, ReadsWhatRfc3339Writes) {
  EXPECT_EQ(ParseTimestamp("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(ParseTimestamp("2026-01-01T00:00:00Z"), 1'767'225'600'000);
  EXPECT_EQ(ParseTimestamp("2026-01-01T00:00:00.5Z"), 1'767'225'600'500);
  EXPECT_EQ(ParseTimestamp("2026-01-01T00:00:00.123999999z"), 1'767'225'600'123);
  EXPECT_EQ(ParseTimestamp("2026-01-01T02:00:00+02:00"), 1'767'225'600'000);
  EXPECT_EQ(ParseTimestamp("2025-12-31 18:30:00-05:30"), 1'767'225'600'000);
  EXPECT_EQ(ParseTimestamp("2024-02-29T00:00:00Z"), 1'709'164'800'000);
}

TEST(Timestamp, RefusesEverythingElse) {
  for (const char* text :
       {"", "2026", "2026-01-01", "2026-01-01T00:00:00", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Z ",
        "2026-01-01T00:00:00+0200", "-026-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2026-01-01T00:00:-1Z"})
    EXPECT_EQ(ParseTimestamp(text), std::nullopt) << text;
}

}  // namespace
}  // namespace millrace
