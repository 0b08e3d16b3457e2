// Random: bounds hold, ids have their published shapes, the same seed repeats.
#include "base/random.h"

#include <gtest/gtest.h>

#include <set>

namespace millrace {
namespace {

TEST(Random, BelowStaysBelowAndReachesEveryValue) {
  SeededRandom random(1);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto value = random.Below(7);
    ASSERT_LT(value, 7u);
    seen.insert(value);
  }
  EXPECT_EQ(seen.size(), 7u);
}

TEST(Random, UuidIsVersion4) {
  SystemRandom random;
  const std::string id = random.Uuid();
  ASSERT_EQ(id.size(), 36u);
  EXPECT_EQ(id[14], '4');
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
  EXPECT_NE(id, random.Uuid());
}

TEST(Random, TheSameSeedRepeats) {
  SeededRandom a(42), b(42);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(a.Next(), b.Next());
}

TEST(Random, UpperAlphanumericHasTheAlphabetAndLength) {
  SeededRandom random(3);
  const std::string id = random.UpperAlphanumeric(52);
  EXPECT_EQ(id.size(), 52u);
  EXPECT_EQ(id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), std::string::npos);
}

}  // namespace
}  // namespace millrace
