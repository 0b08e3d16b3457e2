// A Secret can be used, but not printed.
#include "base/secret.h"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(Secret, PrintsAsAsterisksAndRevealsWhenAsked) {
  const Secret secret("hunter2");
  EXPECT_EQ(fmt::format("password {}", secret), "password ***");
  EXPECT_EQ(secret.Reveal(), "hunter2");
  EXPECT_TRUE(Secret().empty());
}

}  // namespace
}  // namespace millrace
