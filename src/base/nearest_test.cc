// Nearest: typing mistakes are recognised, other words are not.
#include "base/nearest.h"

#include <gtest/gtest.h>

#include <array>

namespace millrace {
namespace {

TEST(Nearest, FindsTypingMistakesOnly) {
  constexpr std::array<std::string_view, 4> kNames = {"tables", "targets", "UpdatedFields", "to"};
  EXPECT_EQ(Nearest("tabels", kNames), "tables");
  EXPECT_EQ(Nearest("Tables", kNames), "tables");
  EXPECT_EQ(Nearest("updatedfeilds", kNames), "UpdatedFields");
  EXPECT_EQ(Nearest("ot", kNames), "to");
  EXPECT_EQ(Nearest("queues", kNames), "");
  EXPECT_EQ(Nearest("", kNames), "");
  EXPECT_EQ(Nearest(std::string(100'000, 'a'), kNames), "");
  EXPECT_EQ(Nearest("tables", {}), "");
}

}  // namespace
}  // namespace millrace
