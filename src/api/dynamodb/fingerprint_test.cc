// Proves that a fingerprint depends on what a request asks and not on how it is written down.
#include "api/dynamodb/fingerprint.h"

#include <gtest/gtest.h>

#include <string_view>

#include "base/check.h"
#include "json/parse.h"

namespace millrace::api::dynamodb {
namespace {

std::uint64_t Of(std::string_view text) {
  json::Document document;
  MUST(document.Parse(text));
  return Fingerprint(document.root());
}

TEST(Fingerprint, IgnoresTheOrderOfMembersAndWhatIsNull) {
  EXPECT_EQ(Of(R"({"a": 1, "b": [2, {"c": "x", "d": true}]})"), Of(R"({"b":[2,{"d":true,"c":"x"}],"a":1,"z":null})"));
}

TEST(Fingerprint, SeesEveryOtherDifference) {
  const std::string_view texts[] = {R"({"a": 1})",       R"({"a": "1"})",    R"({"a": 2})",        R"({"b": 1})",
                                    R"({"a": [1]})",     R"({"a": [1, 2]})", R"({"a": [2, 1]})",   R"({"a": true})",
                                    R"({"a": false})",   R"({"a": {}})",     R"({"a": []})",       R"({})",
                                    R"({"a": {"a":1}})", R"({"a": ["1"]})",  R"({"a": 1, "b": 1})"};
  for (const std::string_view a : texts)
    for (const std::string_view b : texts) EXPECT_EQ(a == b, Of(a) == Of(b)) << a << " and " << b;
}

// The value is kept on disk: another one would make a repeated transaction look like a different one.
TEST(Fingerprint, StaysWhatItIs) {
  EXPECT_EQ(Of(R"([{"Put": {"TableName": "t"}}])"), 6190952674102120556u);
}

}  // namespace
}  // namespace millrace::api::dynamodb
