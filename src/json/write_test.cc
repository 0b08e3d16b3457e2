// Writer: the commas and escapes are right, and what it writes is what Document reads.
#include "json/write.h"

#include <gtest/gtest.h>

#include <string>

#include "json/parse.h"

namespace millrace::json {
namespace {

TEST(Writer, PutsTheCommas) {
  std::string out = "x";
  Writer w(&out);
  w.BeginObject();
  w.Key("a");
  w.BeginArray();
  w.Integer(-1);
  w.Unsigned(18446744073709551615u);
  w.Bool(true);
  w.Null();
  w.BeginObject();
  w.EndObject();
  w.BeginArray();
  w.EndArray();
  w.EndArray();
  w.Key("b");
  w.String("q\"");
  w.Key("c");
  w.Raw("1.50");
  w.Key("d");
  w.RawValue() += "{}";
  w.EndObject();
  EXPECT_EQ(out, R"(x{"a":[-1,18446744073709551615,true,null,{},[]],"b":"q\"","c":1.50,"d":{}})");
}

TEST(Writer, CopiesParsedValues) {
  Document document;
  const std::string text = R"({"a":[1.50,"é\n",{},[],[null,false]],"b":{"c":-0}})";
  ASSERT_TRUE(document.Parse(text).ok());
  std::string out;
  Writer w(&out);
  w.BeginArray();
  w.Value(document.root());
  w.Value(*document.root().Find("b"));
  w.EndArray();
  EXPECT_EQ(out, "[" + text + R"(,{"c":-0}])");
}

TEST(AppendString, EscapesExactlyWhatMustBe) {
  std::string out;
  AppendString(out, std::string_view("a\"b\\c/\b\f\n\r\t\x01\x1f\x7f\0€😀", 22));
  EXPECT_EQ(out, "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\\u0000€😀\"");
}

TEST(AppendEscaped, LeavesTheQuotesToTheCaller) {
  std::string out = "\"a ";
  AppendEscaped(out, "b\"\n");
  AppendEscaped(out, "");
  EXPECT_EQ(out, "\"a b\\\"\\n");
}

TEST(AppendString, RoundTripsEveryAsciiCharacter) {
  std::string text;
  for (char c = 0; c < 127; ++c) text.push_back(c);
  std::string out;
  AppendString(out, text);
  Document document;
  ASSERT_TRUE(document.Parse(out).ok()) << out;
  EXPECT_EQ(document.root().string(), text);
}

}  // namespace
}  // namespace millrace::json
