// The path and the query of a REST request come apart as clients put them together, whatever the bytes, and an error is
// told by its header.
#include "aws/rest.h"

#include <gtest/gtest.h>

namespace millrace::aws {
namespace {

TEST(RestTarget, IsDecodedPartByPart) {
  const RestTarget target = ParseRestTarget("/v1/pipes/a%2Fb+c/start?tagKeys=x%20y&tagKeys=z+w&Limit=&flag");
  EXPECT_EQ(target.parts, (std::vector<std::string>{"v1", "pipes", "a/b+c", "start"}));
  EXPECT_EQ(target.FindAll("tagKeys"), (std::vector<std::string_view>{"x y", "z w"}));
  EXPECT_EQ(target.Find("Limit"), "");
  EXPECT_EQ(target.Find("flag"), "");
  EXPECT_EQ(target.Find("other"), std::nullopt);
}

TEST(RestTarget, TakesAnyBytes) {
  EXPECT_TRUE(ParseRestTarget("").parts.empty());
  EXPECT_TRUE(ParseRestTarget("///?&&").parts.empty());
  EXPECT_EQ(ParseRestTarget("/%/%4/%zz/%41").parts, (std::vector<std::string>{"%", "%4", "%zz", "A"}));
}

TEST(RestError, NamesTheErrorInAHeader) {
  constexpr WireError kTable[] = {{ErrorCode::kNotFound, {}, 404, "NotFoundException", {}}};
  const http::Response response = RestError(kTable, "test", Err(ErrorCode::kNotFound, {}, "no \"x\""));
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.headers.Get("x-amzn-ErrorType"), "NotFoundException");
  EXPECT_EQ(response.body, R"({"message":"no \"x\""})");
}

}  // namespace
}  // namespace millrace::aws
