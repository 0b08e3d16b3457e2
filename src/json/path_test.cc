// Path: it finds the one place it names, and says what is wrong with a path that it does not understand.
#include "json/path.h"

#include <gtest/gtest.h>

#include <string>

#include "json/parse.h"
#include "json/write.h"

namespace millrace::json {
namespace {

constexpr std::string_view kText =
    R"({"a":{"b":[{"c":1},[2,3]],"x-y":4,"it's":5,"q\"\\":6,"":7,"ü":8},"detail-type":"t","0":9,"a.b":10})";

std::string At(std::string_view path) {
  Document document;
  EXPECT_TRUE(document.Parse(kText).ok());
  const auto parsed = Path::Parse(path);
  if (!parsed.ok()) return parsed.error().message();
  EXPECT_EQ(parsed->text(), path);
  const Value* value = parsed->Resolve(document.root());
  if (value == nullptr) return "nothing";
  std::string out;
  AppendValue(out, *value);
  return out;
}

TEST(Path, FindsWhatItNames) {
  EXPECT_EQ(At("$"), kText);
  EXPECT_EQ(At("$.a.b[0].c"), "1");
  EXPECT_EQ(At("$.a.b[1][1]"), "3");
  EXPECT_EQ(At("$.a['x-y']"), "4");
  EXPECT_EQ(At("$.a.x-y"), "4");
  EXPECT_EQ(At("$['a'][\"x-y\"]"), "4");
  EXPECT_EQ(At("$.a['it\\'s']"), "5");
  EXPECT_EQ(At("$.a[\"it's\"]"), "5");
  EXPECT_EQ(At("$.a['q\"\\\\']"), "6");
  EXPECT_EQ(At("$.a['']"), "7");
  EXPECT_EQ(At("$.a.ü"), "8");
  EXPECT_EQ(At("$.detail-type"), "\"t\"");
  EXPECT_EQ(At("$.0"), "9");
  EXPECT_EQ(At("$['a.b']"), "10");
}

TEST(Path, FindsNothingWhereThereIsNothing) {
  for (const std::string_view path :
       {"$.b", "$.a.b.c", "$.a[0]", "$.a.b[2]", "$[0]", "$.detail-type.x", "$.a.b[4294967295]"}) {
    EXPECT_EQ(At(path), "nothing") << path;
  }
}

TEST(Path, SaysWhatIsWrong) {
  const std::pair<std::string, std::string_view> cases[] = {
      {"", "at character 1: a path begins with '$'"},
      {"a.b", "at character 1: a path begins with '$'"},
      {"$a", "at character 2: expected '.' or '['"},
      {"$.", "at character 3: expected a name after '.'"},
      {"$.a.", "at character 5: expected a name after '.'"},
      {"$..a", "at character 3: '..' is not supported"},
      {"$.a.[0]", "at character 5: expected a name after '.'"},
      {"$.*", "at character 3: wildcards are not supported"},
      {"$.a[*]", "at character 5: wildcards are not supported"},
      {"$.a[-1]", "at character 5: negative indexes are not supported"},
      {"$.a[]", "at character 5: expected an index or a quoted name after '['"},
      {"$.a[x]", "at character 5: expected an index or a quoted name after '['"},
      {"$.a[4294967296]", "at character 5: expected an index or a quoted name after '['"},
      {"$.a[1", "at character 6: expected ']' after the index"},
      {"$.a[1:2]", "at character 6: expected ']' after the index"},
      {"$.a['b", "at character 4: the quoted name has no end"},
      {"$.a['b'", "at character 8: expected ']' after the quoted name"},
      {"$.a['b\\c']", "at character 7: a backslash may stand only before a quote or a backslash"},
      {"$.a b", "at character 4: write a name with this character as ['name']"},
      {"$.a[0]b", "at character 7: expected '.' or '['"},
  };
  for (const auto& [path, message] : cases) {
    const auto parsed = Path::Parse(path);
    ASSERT_FALSE(parsed.ok()) << path;
    EXPECT_EQ(parsed.error().message(), fmt::format("invalid JSON path '{}' {}", path, message));
  }
  EXPECT_FALSE(Path::Parse("$." + std::string(5000, 'a')).ok());
}

TEST(PathPattern, AlsoTakesWildcards) {
  const auto pattern = PathPattern::Parse("$.a[*].b.*['*'][0]");
  ASSERT_TRUE(pattern.ok()) << pattern.error().message();
  EXPECT_EQ(pattern->text(), "$.a[*].b.*['*'][0]");
  EXPECT_EQ(pattern->steps(), (std::vector<PathPattern::Step>{"a", Wildcard{}, "b", Wildcard{}, "*", Path::Index{0}}));
  for (const std::string_view text : {"$.a*", "$.*a", "$.a[*", "$.a[**]", "$..*", "$.a[*]b"}) {
    EXPECT_FALSE(PathPattern::Parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace millrace::json
