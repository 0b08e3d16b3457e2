// Proves that members of the right type are taken, that absent and null are the same, and that each wrong JSON type is
// told in AWS's words, the first one only.
#include "aws/request_reader.h"

#include <gtest/gtest.h>

#include <limits>

#include "json/parse.h"

namespace millrace::aws {
namespace {

class Reading : public ::testing::Test {
 protected:
  RequestReader Reader(std::string_view text) {
    EXPECT_TRUE(document_.Parse(text).ok());
    return RequestReader(document_.root());
  }
  json::Document document_;
};

TEST_F(Reading, TakesMembersOfTheRightType) {
  RequestReader reader = Reader(R"({"s":"text","i":7,"b":true,"o":{"x":1},"l":[1],"n":null})");
  EXPECT_EQ(reader.String("s"), "text");
  EXPECT_EQ(reader.Integer("i"), 7);
  EXPECT_EQ(reader.Boolean("b"), true);
  EXPECT_NE(reader.Structure("o"), nullptr);
  EXPECT_NE(reader.List("l"), nullptr);
  for (const std::string_view absent : {"n", "missing"}) {
    EXPECT_EQ(reader.String(absent), std::nullopt);
    EXPECT_EQ(reader.Integer(absent), std::nullopt);
    EXPECT_EQ(reader.Boolean(absent), std::nullopt);
    EXPECT_EQ(reader.Structure(absent), nullptr);
    EXPECT_EQ(reader.List(absent), nullptr);
    EXPECT_FALSE(reader.Has(absent));
  }
  EXPECT_TRUE(reader.Has("s"));
  EXPECT_TRUE(reader.status().ok());
}

TEST_F(Reading, CutsFractionsOffAndBoundsIntegers) {
  RequestReader reader = Reader(R"({"a":1.9,"b":-1.9,"c":1e3,"d":1e400,"e":-1e400,"f":9223372036854775808,"g":-0})");
  EXPECT_EQ(reader.Integer("a"), 1);
  EXPECT_EQ(reader.Integer("b"), -1);
  EXPECT_EQ(reader.Integer("c"), 1000);
  EXPECT_EQ(reader.Integer("d"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(reader.Integer("e"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(reader.Integer("f"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(reader.Integer("g"), 0);
  EXPECT_TRUE(reader.status().ok());
}

TEST_F(Reading, TellsAWrongTypeInAwssWords) {
  struct Case {
    std::string_view json;
    char wanted;
    std::string_view text;
  };
  for (const Case& c :
       {Case{"1", 's', "NUMBER_VALUE cannot be converted to String"},
        Case{"1.5", 's', "DECIMAL_VALUE cannot be converted to String"},
        Case{"true", 's', "TRUE_VALUE cannot be converted to String"},
        Case{"false", 's', "FALSE_VALUE cannot be converted to String"},
        Case{"[]", 's', "Unrecognized collection type class java.lang.String"},
        Case{"{}", 's', "Start of structure or map found where not expected"},
        Case{R"("7")", 'i', "STRING_VALUE cannot be converted to Integer"},
        Case{"true", 'i', "TRUE_VALUE cannot be converted to Integer"},
        Case{R"("true")", 'b', "Unexpected token received from parser"},
        Case{"1", 'b', "NUMBER_VALUE cannot be converted to Boolean"},
        Case{"[]", 'o', "Start of list found where not expected"}, Case{R"("x")", 'o', "Unexpected field type"},
        Case{"{}", 'l', "Start of structure or map found where not expected"},
        Case{"1", 'l', "Unexpected field type"}}) {
    SCOPED_TRACE(c.json);
    RequestReader reader = Reader(fmt::format(R"({{"m":{}}})", c.json));
    if (c.wanted == 's') reader.String("m");
    if (c.wanted == 'i') reader.Integer("m");
    if (c.wanted == 'b') reader.Boolean("m");
    if (c.wanted == 'o') reader.Structure("m");
    if (c.wanted == 'l') reader.List("m");
    ASSERT_FALSE(reader.status().ok());
    EXPECT_EQ(reader.status().error().message(), c.text);
    EXPECT_EQ(reader.status().error().reason(), reason::kSerialization);
  }
}

TEST_F(Reading, RemembersTheFirstMistakeOnly) {
  RequestReader reader = Reader(R"({"a":1,"b":"x"})");
  EXPECT_EQ(reader.String("a"), std::nullopt);
  EXPECT_EQ(reader.Integer("b"), std::nullopt);
  EXPECT_EQ(reader.status().error().message(), "NUMBER_VALUE cannot be converted to String");
}

TEST_F(Reading, RefusesARequestThatIsNoObject) {
  for (const std::string_view text : {"[]", "7", "true", R"("x")"}) {
    RequestReader reader = Reader(text);
    EXPECT_EQ(reader.String("a"), std::nullopt);
    EXPECT_FALSE(reader.status().ok()) << text;
  }
}

}  // namespace
}  // namespace millrace::aws
