// Parameter: a path only if the entire value is one, as text; everything else as it is written.
#include "transform/parameter.h"

#include <gtest/gtest.h>

#include "json/parse.h"

namespace millrace::transform {
namespace {

std::string Evaluated(std::string_view text) {
  json::Document event;
  EXPECT_TRUE(event
                  .Parse(R"({"s":"a\"b","n":1.50,"t":true,"z":null,"o":{"k":"v"},"l":[1,"x"],"a/b-c_d":"slash",
                             "dynamodb":{"NewImage":{"total":{"N":"7.0"}}}})")
                  .ok());
  const auto parameter = Parameter::Parse("MessageGroupId", text);
  if (!parameter.ok()) return parameter.error().message();
  const auto value = parameter->Evaluate(event.root());
  return value.ok() ? *value : value.error().message();
}

TEST(Parameter, IsTextFromTheEvent) {
  EXPECT_EQ(Evaluated("$.s"), "a\"b");
  EXPECT_EQ(Evaluated("$.n"), "1.50");
  EXPECT_EQ(Evaluated("$.t"), "true");
  EXPECT_EQ(Evaluated("$.z"), "null");
  EXPECT_EQ(Evaluated("$.o"), R"({"k":"v"})");
  EXPECT_EQ(Evaluated("$.l"), R"([1,"x"])");
  EXPECT_EQ(Evaluated("$.l[1]"), "x");
  EXPECT_EQ(Evaluated("$.l[*]"), R"([1,"x"])");
  EXPECT_EQ(Evaluated("$.a/b-c_d"), "slash");
  EXPECT_EQ(Evaluated("$.new.total"), "7.0");
}

TEST(Parameter, IsALiteralUnlessItIsAPathAsAWhole) {
  for (const std::string_view literal : {"", "orders", "x $.s", "$s", "$ 5", "$5.00", "<$.s>", "$$.s"}) {
    EXPECT_EQ(Evaluated(literal), literal);
    EXPECT_TRUE(Parameter::Parse("p", literal)->is_literal());
  }
  EXPECT_FALSE(Parameter::Parse("p", "$")->is_literal());
}

TEST(Parameter, SaysWhichPathLeadsNowhere) {
  EXPECT_EQ(Evaluated("$.nothing"), "MessageGroupId: the event has nothing at $.nothing");
  EXPECT_EQ(Evaluated("$.l[2]"), "MessageGroupId: the event has nothing at $.l[2]");
}

TEST(Parameter, RefusesWhatBeginsLikeAPath) {
  for (const std::string_view text : {"$.a b", "$.", "$.a.", "$.a[", "$.a[]", "$.a[x]", "$['a']", "$[0]", "$.a$.b",
                                      "$.*", "$.a[99999999999]", "$.a[1]b"}) {
    const auto parameter = Parameter::Parse("MessageGroupId", text);
    ASSERT_FALSE(parameter.ok()) << text;
    EXPECT_TRUE(parameter.error().message().starts_with("MessageGroupId: ")) << parameter.error().message();
  }
}

}  // namespace
}  // namespace millrace::transform
