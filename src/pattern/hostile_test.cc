// Matcher on patterns and events that were made to be slow or large: the answer is that of the plain evaluator, and it
// comes soon. No clock is read; a test that does not end fails by its time limit.
#include <gtest/gtest.h>

#include <string>

#include "json/parse.h"
#include "pattern/matcher.h"

namespace millrace::pattern {
namespace {

std::string Answer(const std::string& pattern_text, const std::string& event) {
  ParseFailure failure;
  const Result<Pattern> pattern = Pattern::Parse(pattern_text, &failure);
  if (!pattern.ok()) return failure.reason;
  Matcher matcher;
  EXPECT_TRUE(matcher.Add(7, *pattern).ok());
  MatchReader reader(matcher);
  const auto matches = reader.Match(event);
  if (!matches.ok()) return matches.error().message();
  json::Document document;
  EXPECT_TRUE(document.Parse(event, {.duplicate_names = json::DuplicateNames::kKeepAll}).ok());
  EXPECT_EQ(pattern->Matches(document.root()), !matches->empty());
  const std::string answer = matches->empty() ? "no" : "match";
  EXPECT_TRUE(matcher.Remove(7));
  EXPECT_TRUE(reader.Match(event)->empty());
  return answer;
}

std::string Repeat(std::string_view text, int times, std::string_view between = "") {
  std::string out;
  for (int i = 0; i < times; ++i) out += (i == 0 ? "" : std::string(between)) + std::string(text);
  return out;
}

TEST(HostileMatching, WildcardsOnLongValues) {
  const std::string event = "{\"a\":\"" + std::string(1'000'000, 'a') + "\"}";
  EXPECT_EQ(Answer(R"({"a":[{"wildcard":"*a*a*a*ab"}]})", event), "no");
  EXPECT_EQ(Answer(R"({"a":[{"wildcard":"a*a*a*a"}]})", event), "match");
  EXPECT_EQ(Answer(R"({"a":[{"anything-but":{"wildcard":["*aaaab*","*b"]}}]})", event), "match");
  EXPECT_EQ(Answer(R"({"a":[{"millrace:wildcard-ignore-case":"*A*a*A*aB"}]})", event), "no");
  EXPECT_EQ(Answer(R"({"a":[{"millrace:regex":"(a|aa|a*)*b"}]})", event), "no");
  EXPECT_NE(Answer("{\"a\":[{\"wildcard\":\"" + Repeat("*a", 2000) + "\"}]}", event).find("too complex"),
            std::string::npos);
}

TEST(HostileMatching, ThreeHundredLevels) {
  const auto nested = [](int levels, const std::string& leaf) {
    return Repeat("{\"a\":", levels) + leaf + std::string(static_cast<std::size_t>(levels), '}');
  };
  EXPECT_EQ(Answer(nested(299, "[1]"), nested(299, "1")), "match");
  EXPECT_EQ(Answer(nested(299, "[1]"), nested(999, "1")), "no");
  const auto dotted = [](int names, const std::string& leaf) {
    return "{\"" + Repeat("a", names, ".") + "\":" + leaf + "}";
  };
  EXPECT_EQ(Answer(dotted(1000, "[1]"), dotted(1000, "1")), "match");
  EXPECT_EQ(Answer(dotted(1000, "[1]"), dotted(100'000, "1")), "no");
  EXPECT_EQ(Answer(dotted(100'000, "[1]"), "{}"), "Rule has a field of more than 1000 names");
}

TEST(HostileMatching, TenThousandAlternatives) {
  const auto field = [](std::string_view form, int count) {
    std::string list;
    for (int i = 0; i < count; ++i) list += (i == 0 ? "" : ",") + fmt::format(fmt::runtime(form), i);
    return "{\"a\":[" + list + "]}";
  };
  EXPECT_EQ(Answer(field("\"value-{}\"", 10'000), R"({"a":"value-9999"})"), "match");
  EXPECT_EQ(Answer(field("\"value-{}\"", 10'000), R"({"a":"value"})"), "no");
  EXPECT_EQ(Answer(field("{{\"prefix\":\"v{}-\"}}", 10'000), R"({"a":"v777-"})"), "match");
  EXPECT_EQ(Answer(field("{{\"suffix\":{{\"equals-ignore-case\":\"-V{}\"}}}}", 5'000), R"({"a":"x-v4999"})"), "match");
  EXPECT_EQ(Answer(field("{{\"numeric\":[\">\",{0}.25,\"<\",{0}.5]}}", 5'000), R"({"a":[77,4321.4]})"), "match");
  EXPECT_EQ(Answer(field("{{\"anything-but\":\"v{}\"}}", 5'000), R"({"a":"v1"})"), "match");
  EXPECT_EQ(Answer(field("{{\"prefix\":\"v{}-\"}}", 10'000), "{\"a\":[" + Repeat("\"x\"", 50'000, ",") + "]}"), "no");
}

TEST(HostileMatching, AThousandBranchesOfArrays) {
  std::string branches;
  for (int i = 0; i < 1000; ++i) {
    branches += fmt::format("{}{{\"e\":{{\"x\":[{}],\"y\":[{}]}}}}", i == 0 ? "" : ",", i, i + 1);
  }
  std::string elements;
  for (int i = 0; i < 2000; ++i)
    elements += fmt::format("{}{{\"{}\":{}}}", i == 0 ? "" : ",", i % 2 == 0 ? "x" : "y", i / 2);
  EXPECT_EQ(Answer("{\"$or\":[" + branches + "]}", "{\"e\":[" + elements + "]}"), "no");
  EXPECT_EQ(Answer("{\"$or\":[" + branches + "]}", "{\"e\":[" + elements + R"(,{"x":500,"y":501}]})"), "match");
}

}  // namespace
}  // namespace millrace::pattern
