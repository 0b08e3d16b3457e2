// Explain: says what the evaluator does, names the fields to blame and no others, and finds what was probably meant.
#include "pattern/explain.h"

#include <gtest/gtest.h>

#include "json/parse.h"
#include "pattern/testing/random_pattern.h"

namespace millrace::pattern {
namespace {

std::string Text(std::string_view pattern_text, std::string_view event_text) {
  const Result<Pattern> pattern = Pattern::Parse(pattern_text, nullptr, {.keep_source = true});
  EXPECT_TRUE(pattern.ok()) << pattern.error().message();
  json::Document event;
  EXPECT_TRUE(event.Parse(event_text, {.duplicate_names = json::DuplicateNames::kKeepAll}).ok());
  std::string text = RenderText(Explain(*pattern, event.root()));
  // The count of failures stands at the end of an 80 column line.
  const std::size_t line = text.find('\n');
  const std::size_t gap = text.find("   ");
  if (gap < line) {
    EXPECT_EQ(line, 80u);
    text.erase(gap, text.find_first_not_of(' ', gap) - gap - 2);
  }
  return text;
}

TEST(Explain, ShowsEachFieldAndTheNameThatWasMeant) {
  EXPECT_EQ(Text(R"({"source":["users"],"detail-type":["MODIFY"],"detail":{"UpdatedFeilds":["phone-number"]}})",
                 R"({"source":"users","detail-type":"MODIFY","detail":{"UpdatedFields":["phone-number"]}})"),
            R"(no match  1 of 3 fields failed
  ok     detail-type           "MODIFY"  in ["MODIFY"]
  FAIL   detail.UpdatedFeilds  absent    wants ["phone-number"]
         the event has detail.UpdatedFields = ["phone-number"]  did you mean UpdatedFields?
  ok     source                "users"   in ["users"]
)");
  EXPECT_EQ(Text(R"({"a":[1,2],"b":[{"exists":false}]})", R"({"a":[2,3]})"), R"(match
  ok     a  2 (one of 2)  in [1,2]
  ok     b  absent        in [{"exists":false}]
)");
}

TEST(Explain, GuessesWhyAValueDiffers) {
  EXPECT_EQ(Text(R"({"a":["5"]})", R"({"a":5})"),
            R"(no match  1 of 1 field failed
  FAIL   a  5  wants ["5"]
         the event has a number, the pattern wants text: "5"
)");
  EXPECT_EQ(Text(R"({"a":[5, true]})", R"({"a":["true",1,2,3]})"),
            R"(no match  1 of 1 field failed
  FAIL   a  "true", 1, 2 and 1 more  wants [5, true]
         the event has text, the pattern wants true
)");
  EXPECT_EQ(Text(R"({"a":["Users"]})", R"({"a":"users"})"),
            R"(no match  1 of 1 field failed
  FAIL   a  "users"  wants ["Users"]
         upper and lower case differ
)");
}

TEST(Explain, TellsWhatIsThereInsteadOfAValue) {
  EXPECT_EQ(Text(R"({"a":[{"exists":true}],"b":[{"anything-but":1}]})", R"({"a":{"c":1},"b":[]})"),
            R"(no match  2 of 2 fields failed
  FAIL   a  {…} (no value)  wants [{"exists":true}]
         the event has an object there; a pattern matches the values inside it
  FAIL   b  [] (no value)   wants [{"anything-but":1}]
)");
  EXPECT_EQ(Text(R"({"a":[{"exists":false}]})", R"({"a":null})"),
            R"(no match  1 of 1 field failed
  FAIL   a  null  wants [{"exists":false}]
)");
}

TEST(Explain, FindsNamesInAnotherCaseAndAtAnotherLevel) {
  const auto meant = [](std::string_view pattern, std::string_view event) {
    const std::string text = Text(pattern, event);
    const std::size_t at = text.find("did you mean ");
    return at == std::string::npos ? std::string() : text.substr(at + 13, text.find('?', at) - at - 13);
  };
  EXPECT_EQ(meant(R"({"detail":{"values":{"id":[1]}}})", R"({"detail":{"Values":{"id":1}}})"), "detail.Values.id");
  EXPECT_EQ(meant(R"({"detail":{"id":[1]}})", R"({"detail":{"Values":{"id":1}}})"), "detail.Values.id");
  EXPECT_EQ(meant(R"({"detail":{"Values":{"id":[1]}}})", R"({"id":1})"), "id");
  EXPECT_EQ(meant(R"({"Source":[1]})", R"({"sourse":2,"source":1})"), "source");
  EXPECT_EQ(meant(R"({"source":[1]})", R"({"detail":1})"), "");
  EXPECT_EQ(meant(R"({"a":[1]})", R"({"b":1})"), "");
  EXPECT_EQ(meant(R"({"items":{"name":[1]}})", R"({"items":[{"nmae":1}]})"), "nmae");
}

TEST(Explain, TellsElementsOfArraysApart) {
  EXPECT_EQ(Text(R"({"o":{"items":{"a":[1],"b":[2],"c":[3]}},"s":["x"]})",
                 R"({"s":"x","o":{"items":[{"a":1,"b":0,"c":3},{"a":0,"b":2,"c":3}]}})"),
            R"(no match  2 of 4 fields failed
  APART  o.items.a  1 (one of 2)  in [1]
  APART  o.items.b  2 (one of 2)  in [2]
  ok     o.items.c  3 (one of 2)  in [3]
  ok     s          "x"           in ["x"]
  Each field marked APART matches, but no one element of o.items has them all.
)");
  // The inner array, not the outer one.
  EXPECT_NE(Text(R"({"o":{"i":{"a":[1],"b":[2]}}})", R"({"o":[{"i":[{"a":1},{"b":2}]}]})").find("element of o.i has"),
            std::string::npos);
  EXPECT_NE(Text(R"({"o":{"ab":[1],"ac":[2]}})", R"({"o":[{"ab":1},{"ac":2}]})").find("element of o has"),
            std::string::npos);
  // No two of them exclude each other.
  EXPECT_EQ(Text(R"({"e":{"a":[1],"b":[1],"c":[1]}})", R"({"e":[{"a":1,"b":1},{"b":1,"c":1},{"a":1,"c":1}]})"),
            R"(no match  3 of 3 fields failed
  APART  e.a  1 (one of 2)  in [1]
  APART  e.b  1 (one of 2)  in [1]
  APART  e.c  1 (one of 2)  in [1]
  Each field marked APART matches, but no one element of e has them all.
)");
  // Absent only where other fields lie.
  EXPECT_EQ(Text(R"({"d":{"a":[1],"b":[{"exists":false}]}})", R"({"d":[{"a":1},{"b":2}]})"), R"(match
  ok     d.a  1             in [1]
  ok     d.b  absent there  in [{"exists":false}]
)");
}

TEST(Explain, ShowsTheNearestBranchOfOr) {
  EXPECT_EQ(Text(R"({"s":["x"],"$or":[{"a":[1],"b":[2]},{"c":[3]},{"a":[1],"d":[{"prefix":"y"}]}]})",
                 R"({"s":"x","a":1,"b":5,"d":"no"})"),
            R"(no match  1 of 3 fields failed
  ok     a  1    in [1]
  FAIL   b  5    wants [2]
  ok     s  "x"  in ["x"]
  $or makes 3 patterns of this one; this is the one that came nearest.
  Another fails at c.
  Another fails at d.
)");
  EXPECT_EQ(Text(R"({"$or":[{"a":[1]},{"b":[2]}]})", R"({"b":2})"), R"(match
  ok     b  2  in [2]
  $or makes 2 patterns of this one; this is the first that matches.
)");
}

TEST(Explain, ShowsEachPartOfAllOf) {
  EXPECT_EQ(Text(R"({"tags":[{"millrace:all-of":["a",{"prefix":"b"}]}]})", R"({"tags":["a","c"]})"),
            R"(no match  1 of 2 fields failed
  ok     tags  "a" (one of 2)  in "a"
  FAIL   tags  "a", "c"        wants {"prefix":"b"}
)");
}

TEST(Explain, TakesOnlyObjectsForEvents) {
  EXPECT_EQ(Text(R"({"a":[{"exists":false}]})", "[]"), "no match: an event is a JSON object\n");
}

TEST(Explain, CutsLongValues) {
  const std::string text = Text(R"({"a":["x"]})", "{\"a\":\"" + std::string(1'000'000, 'y') + "é\"}");
  EXPECT_LT(text.size(), 400u);
}

TEST(Explain, AgreesWithTheEvaluatorAndBlamesFieldsThatMatter) {
  SystemRandom entropy;
  const std::uint64_t seed = entropy.Next();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  testing::RandomPatterns random(seed);
  json::Document event;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = random.Pattern();
    const Result<Pattern> pattern = Pattern::Parse(text);
    ASSERT_TRUE(pattern.ok());
    const std::string json = random.Event();
    ASSERT_TRUE(event.Parse(json, {.duplicate_names = json::DuplicateNames::kKeepAll}).ok());
    const Explanation explanation = Explain(*pattern, event.root());
    SCOPED_TRACE(fmt::format("{} on {}", text, json));
    ASSERT_EQ(explanation.matches, pattern->Matches(event.root()));
    ASSERT_EQ(explanation.problem, "");
    std::size_t failed = 0;
    for (const FieldExplanation& field : explanation.fields) {
      failed += field.verdict != FieldExplanation::Verdict::kMet ? 1 : 0;
    }
    ASSERT_EQ(explanation.failed, failed);
    ASSERT_EQ(explanation.matches, failed == 0);
    RenderText(explanation);
  }
}

}  // namespace
}  // namespace millrace::pattern
