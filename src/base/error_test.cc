// Error and Result: propagation keeps code, reason and message; a Result of a small value stays small.
#include "base/error.h"

#include <gtest/gtest.h>

namespace millrace {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) return InvalidArgument("{} is odd", value);
  return value / 2;
}
Result<int> Quarter(int value) {
  ASSIGN_OR_RETURN(const int half, Half(value));
  return Half(half);
}
Status Check(int value) {
  TRY(Quarter(value));
  return Ok();
}

TEST(Result, PropagatesTheFirstError) {
  EXPECT_EQ(*Quarter(12), 3);
  const auto failed = Quarter(6);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(failed.error().message(), "3 is odd");
  EXPECT_FALSE(Check(5).ok());
  EXPECT_TRUE(Check(8).ok());
}

TEST(Error, ContextIsPrepended) {
  EXPECT_EQ(Err(ErrorCode::kIo, "disk", "no space").WithContext("opening table 'a'").message(),
            "opening table 'a': no space");
}

static_assert(sizeof(Error) == sizeof(void*));

}  // namespace
}  // namespace millrace
