// Pattern: the language beyond the recorded cases (the table of event-ruler's behaviour), bounded work on hostile
// input, and agreement with a search by brute force on random rules and events with arrays.
#include "pattern/pattern.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "json/parse.h"

namespace millrace::pattern {
namespace {

using namespace std::string_literals;

std::string Answer(std::string_view pattern_text, std::string_view event_text, const ParseOptions& options = {}) {
  ParseFailure failure;
  const Result<Pattern> pattern = Pattern::Parse(pattern_text, &failure, options);
  if (!pattern.ok()) return failure.reason;
  json::Document event;
  const Status status = event.Parse(event_text, {.duplicate_names = json::DuplicateNames::kKeepAll});
  EXPECT_TRUE(status.ok()) << event_text << ": " << status.error().message();
  return pattern->Matches(event.root()) ? "match" : "no";
}

// The answer for {"a": [alternatives]} and {"a": value}.
std::string Field(std::string_view alternatives, std::string_view value, const ParseOptions& options = {}) {
  return Answer(fmt::format("{{\"a\":[{}]}}", alternatives), fmt::format("{{\"a\":{}}}", value), options);
}

struct FieldCase {
  std::string_view alternatives;
  std::string_view value;
  std::string_view answer;
};

void Check(std::initializer_list<FieldCase> cases, const ParseOptions& options = {}) {
  for (const FieldCase& c : cases)
    EXPECT_EQ(Field(c.alternatives, c.value, options), c.answer) << c.alternatives << " on " << c.value;
}

TEST(Pattern, ComparesExactValuesByType) {
  Check({
      {R"("x")", R"("x")", "match"},
      {R"("x")", R"("X")", "no"},
      {R"("\u00e9")", R"("é")", "match"},
      {R"("é")", R"("e\u0301")", "no"},  // no normalisation
      {R"({"exactly":"x"})", R"("x")", "match"},
      {R"("")", R"("")", "match"},
      {R"("")", "null", "no"},
      {"true", "true", "match"},
      {"true", R"("true")", "no"},
      {"null", "null", "match"},
      {"null", "[]", "no"},
      {"null", "{}", "no"},
      {R"("5")", "5", "no"},
      {"5", R"("5")", "no"},
      {R"("a",1,null,{"prefix":"z"})", R"("zz")", "match"},
      {R"("a",1,null,{"prefix":"z"})", "1.0", "match"},
      {R"("a",1,null,{"prefix":"z"})", "false", "no"},
  });
}

TEST(Pattern, ComparesNumbersByValue) {
  for (const std::string_view same : {"300", "300.0", "3e2", "3.0E+2", "30000e-2"}) {
    EXPECT_EQ(Field("300", same), "match") << same;
    EXPECT_EQ(Field(same, "300"), "match") << same;
    EXPECT_EQ(Field(R"({"numeric":["=",300]})", same), "match") << same;
  }
  Check({
      {"0", "-0", "match"},
      {"0", "0.0e99", "match"},
      {"0", "1e-400", "no"},
      {"0.1", "0.10", "match"},
      {"1e400", "1e400", "match"},  // no double: its own text only
      {"1e400", "10e399", "no"},
      {"9007199254740993", "9007199254740993", "match"},
      {"9007199254740993", "9007199254740992", "no"},
      {"9007199254740993", "9007199254740993.0", "no"},
      {"2e23", "200000000000000000000000", "match"},
      {R"({"numeric":[">",0]})", "12345678901234567890123", "no"},
      {R"({"numeric":[">",0]})", "5", "match"},
      {R"({"numeric":[">",0]})", R"("5")", "no"},
      {R"({"numeric":[">",0]})", "0", "no"},
      {R"({"numeric":[">=",0]})", "-0.0", "match"},
      {R"({"numeric":["<",-1.5]})", "-1.51", "match"},
      {R"({"numeric":["<=",1e300]})", "1e300", "match"},
      {R"({"numeric":[">",0,"<=",5]})", "5", "match"},
      {R"({"numeric":[">",0,"<=",5]})", "5.0000001", "no"},
      {R"({"numeric":[">=",1,"<",2]})", "1", "match"},
      {R"({"numeric":[">=",1,"<",2]})", "2", "no"},
  });
}

TEST(Pattern, MatchesPartsOfStrings) {
  Check({
      {R"({"prefix":""})", R"("")", "match"},
      {R"({"prefix":""})", "null", "no"},
      {R"({"prefix":"ab"})", R"("a")", "no"},
      {R"({"suffix":"é"})", R"("caf\u00e9")", "match"},
      {R"({"prefix":{"equals-ignore-case":"sTr"}})", R"("STReet")", "match"},
      {R"({"suffix":{"equals-ignore-case":"Png"}})", R"("x.pNG")", "match"},
      {R"({"suffix":{"equals-ignore-case":"Png"}})", R"("x.pNGa")", "no"},
      {R"({"wildcard":"a*b"})", R"("ab")", "match"},
      {R"({"wildcard":"a*b"})", R"("axxb")", "match"},
      {R"({"wildcard":"a*b"})", R"("axxbc")", "no"},
      {R"({"wildcard":"a*a"})", R"("a")", "no"},
      {R"({"wildcard":"*"})", R"("")", "match"},
      {R"({"wildcard":"*"})", "1", "no"},
      {R"({"wildcard":""})", R"("")", "match"},
      {R"({"wildcard":"a?c"})", R"("abc")", "no"},
      {R"({"wildcard":"a\\*\\\\*"})", R"("a*\\zz")", "match"},
      {R"({"wildcard":"a\\*c"})", R"("abc")", "no"},
      {R"({"wildcard":"*ab*ba*"})", R"("xaba")", "no"},
      {R"({"wildcard":"*ab*ba*"})", R"("xabba")", "match"},
      {R"({"wildcard":"*é*"})", R"("xéy")", "match"},
  });
}

TEST(Pattern, IgnoresCaseCharacterByCharacter) {
  Check({
      {R"({"equals-ignore-case":"aB"})", R"("Ab")", "match"},
      {R"({"equals-ignore-case":"straße"})", R"("STRASSE")", "match"},
      {R"({"equals-ignore-case":"straße"})", R"("Straße")", "match"},
      {R"({"equals-ignore-case":"STRASSE"})", R"("straße")", "no"},
      {R"({"equals-ignore-case":"k"})", R"("\u212a")", "no"},  // the Kelvin sign
      {R"({"equals-ignore-case":"\u212a"})", R"("k")", "match"},
      {R"({"equals-ignore-case":"ς"})", R"("Σ")", "match"},
      {R"({"equals-ignore-case":"ς"})", R"("σ")", "no"},  // no folding of the final sigma
      {R"({"equals-ignore-case":"ǅ"})", R"("ǆ")", "match"},
      {R"({"equals-ignore-case":"ǅ"})", R"("ǅ")", "no"},
      {R"({"equals-ignore-case":"ЖУК"})", R"("жук")", "match"},
      {R"({"equals-ignore-case":"a😀𐐀"})", R"("A😀𐐨")", "match"},  // unlike AWS, which matches no such character
      {R"({"equals-ignore-case":"a"})", R"("aa")", "no"},
      {R"({"suffix":{"equals-ignore-case":"ß"}})", R"("GROSS")", "match"},
  });
}

TEST(Pattern, MatchesAnythingBut) {
  Check({
      {R"({"anything-but":"x"})", R"("y")", "match"},
      {R"({"anything-but":"x"})", R"("x")", "no"},
      {R"({"anything-but":"x"})", "null", "match"},
      {R"({"anything-but":"5"})", "5", "match"},
      {R"({"anything-but":5})", R"("5")", "match"},
      {R"({"anything-but":5})", "5.0", "no"},
      {R"({"anything-but":5})", "true", "match"},
      {R"({"anything-but":[1,2,3]})", "2e0", "no"},
      {R"({"anything-but":["x","y"]})", R"("y")", "no"},
      {R"({"anything-but":"x"})", R"(["x","y"])", "match"},
      {R"({"anything-but":"x"})", R"(["x","x"])", "no"},
      {R"({"anything-but":"x"})", "[]", "no"},
      {R"({"anything-but":"x"})", "{}", "no"},
      {R"({"anything-but":{"prefix":["x","y"]}})", R"("yes")", "no"},
      {R"({"anything-but":{"prefix":["x","y"]}})", R"("no")", "match"},
      {R"({"anything-but":{"suffix":"s"}})", "7", "match"},
      {R"({"anything-but":{"equals-ignore-case":["A","b"]}})", R"("B")", "no"},
      {R"({"anything-but":{"wildcard":["a*","*z"]}})", R"("az")", "no"},
      {R"({"anything-but":{"wildcard":["a*","*z"]}})", R"("b")", "match"},
  });
  EXPECT_EQ(Answer(R"({"a":[{"anything-but":"x"}]})", R"({"b":1})"), "no");
}

TEST(Pattern, MatchesAddresses) {
  Check({
      {R"("10.0.0.1")", R"("10.0.0.1")", "match"},
      {R"("10.0.0.1")", R"("010.000.000.001")", "match"},
      {R"("::1")", R"("0:0:0:0:0:0:0:1")", "match"},
      {R"("2001:DB8::1")", R"("2001:db8:0::1")", "match"},
      {R"("10.0.0.1")", R"("a00:1::")", "no"},
      {R"("10.0.0.256")", R"("10.0.0.256")", "match"},  // no address, so a text
      {R"("10.0.0.256")", R"("10.0.0.0256")", "no"},
      {R"({"cidr":"10.0.0.0/24"})", R"("10.0.0.255")", "match"},
      {R"({"cidr":"10.0.0.77/24"})", R"("10.0.0.1")", "match"},
      {R"({"cidr":"10.0.0.0/24"})", R"("10.0.1.0")", "no"},
      {R"({"cidr":"10.0.0.0/24"})", R"("a00::5")", "no"},
      {R"({"cidr":"0.0.0.0/0"})", R"("255.255.255.255")", "match"},
      {R"({"cidr":"0.0.0.0/0"})", R"("::1")", "no"},
      {R"({"cidr":"10.0.0.0/31"})", R"("10.0.0.1")", "match"},
      {R"({"cidr":"2001:db8::/32"})", R"("2001:db8:ffff::1")", "match"},
      {R"({"cidr":"2001:db8::/32"})", R"("2001:db9::")", "no"},
      {R"({"cidr":"10.0.0.0/24"})", R"("::ffff:a00:1")", "match"},
      {R"({"cidr":"10.0.0.0/24"})", R"("1:2")", "no"},
      {R"({"cidr":"10.0.0.0/24"})", R"("host")", "no"},
      {R"({"cidr":"10.0.0.0/24"})", "10", "no"},
  });
}

constexpr ParseOptions kAws{.dialect = Dialect::kAws};

TEST(PatternInAwsDialect, TakesCharactersBeyondTheBmpForQuestionMarks) {
  Check(
      {
          {R"({"equals-ignore-case":"a😀"})", R"("A😀")", "no"},
          {R"({"equals-ignore-case":"a😀"})", R"("A??")", "match"},
          {R"({"prefix":{"equals-ignore-case":"𐐀"}})", R"("𐐀")", "no"},
          {R"({"suffix":{"equals-ignore-case":"𐐀"}})", R"("x??")", "match"},
          {R"({"anything-but":{"equals-ignore-case":"😀"}})", R"("😀")", "match"},
          {R"({"equals-ignore-case":"aé"})", R"("AÉ")", "match"},
          {R"("😀")", R"("😀")", "match"},
          {R"({"prefix":"😀"})", R"("😀")", "match"},
      },
      kAws);
}

TEST(PatternInAwsDialect, ComparesAddressesAsHexadecimalDigits) {
  Check(
      {
          {R"({"cidr":"10.0.0.0/24"})", R"("10.0.0.255")", "match"},
          {R"({"cidr":"10.0.0.0/24"})", R"("10.0.1.0")", "no"},
          {R"({"cidr":"10.0.0.0/24"})", R"("a00::5")", "match"},
          {R"({"cidr":"10.0.0.0/24"})", R"("a00:ff:ffff::")", "match"},
          {R"({"cidr":"10.0.0.0/24"})", R"("a00:100::")", "no"},
          {R"({"cidr":"0.0.0.0/0"})", R"("::1")", "match"},
          {R"({"cidr":"0.0.0.0/0"})", R"("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")", "match"},
          {R"("10.0.0.1")", R"("a00:1::")", "match"},
          {R"("10.0.0.1")", R"("a00:2::")", "no"},
          {R"({"cidr":"::/0"})", R"("10.0.0.1")", "match"},
          {R"({"cidr":"::/0"})", R"("0.0.0.0")", "no"},  // undecided when the digits end
          {R"({"cidr":"a00::/8"})", R"("10.1.0.0")", "match"},
          {R"({"cidr":"a00::/8"})", R"("10.0.0.0")", "no"},
          {R"({"cidr":"a00::/8"})", R"("11.0.0.0")", "no"},
          {R"({"cidr":"a00::/32"})", R"("10.0.0.0")", "no"},
          {R"("a00::")", R"("10.0.0.0")", "no"},
      },
      kAws);
}

TEST(PatternInAwsDialect, IgnoresWhatFollowsTheClosingBrace) {
  EXPECT_EQ(Answer(R"({"a":["}"]} }, nonsense)", R"({"a":"}"})", kAws), "match");
  EXPECT_EQ(Answer(R"( {"a":["\\"]}{)", R"({"a":"\\"})", kAws), "match");
  EXPECT_EQ(Answer(R"({"a":[1)", "{}", kAws), "invalid JSON at byte 7: expected ',' or ']'");
  EXPECT_EQ(Answer(R"({"a":[1} ])", "{}", kAws), "invalid JSON at byte 7: expected ',' or ']'");
  EXPECT_EQ(Answer("x", "{}", kAws).substr(0, 12), "invalid JSON");
  EXPECT_EQ(Answer("]", "{}", kAws).substr(0, 12), "invalid JSON");
}

TEST(PatternExtensions, MatchWildcardsWithoutRegardToCase) {
  Check({
      {R"({"millrace:wildcard-ignore-case":"a*B"})", R"("AxxxB")", "match"},
      {R"({"millrace:wildcard-ignore-case":"a*B"})", R"("ab")", "match"},
      {R"({"millrace:wildcard-ignore-case":"a*B"})", R"("abc")", "no"},
      {R"({"millrace:wildcard-ignore-case":"*aB*ba*"})", R"("xAba")", "no"},
      {R"({"millrace:wildcard-ignore-case":"*aB*ba*"})", R"("xAbbA")", "match"},
      {R"({"millrace:wildcard-ignore-case":"*ß*ß*"})", R"("xSSyß")", "match"},
      {R"({"millrace:wildcard-ignore-case":"*ß*ß*"})", R"("SSS")", "no"},
      {R"({"millrace:wildcard-ignore-case":"ß*ß"})", R"("SSß")", "match"},
      {R"({"millrace:wildcard-ignore-case":"\\*é*"})", R"("*ÉT")", "match"},
      {R"({"millrace:wildcard-ignore-case":"É"})", R"("é")", "match"},
      {R"({"millrace:wildcard-ignore-case":"*𐐀*"})", R"("x𐐨")", "match"},
      {R"({"millrace:wildcard-ignore-case":"*"})", "1", "no"},
      {R"({"millrace:wildcard-ignore-case":"**"})", "1", "Consecutive wildcard characters at pos 1"},
      {R"({"millrace:wildcard-ignore-case":1})", "1", "millrace:wildcard-ignore-case match pattern must be a string"},
  });
}

TEST(PatternExtensions, MatchRegularExpressionsAgainstTheWholeValue) {
  Check({
      {R"({"millrace:regex":"[a-c]+"})", R"("abc")", "match"},
      {R"({"millrace:regex":"[a-c]+"})", R"("abcd")", "no"},
      {R"({"millrace:regex":"a|ab"})", R"("ab")", "match"},
      {R"({"millrace:regex":"(?i)É."})", R"("éß")", "match"},
      {R"({"millrace:regex":"\\d{4}-\\d\\d"})", R"("2024-07")", "match"},
      {R"({"millrace:regex":"\\d+"})", "5", "no"},
      {R"({"millrace:regex":""})", R"("")", "match"},
      {R"({"millrace:regex":".*"})", R"("a\nb")", "no"},
      {R"({"millrace:regex":"(?s).*"})", R"("a\nb")", "match"},
      {R"({"millrace:regex":"("})", "1", "missing ): ("},
      {R"~({"millrace:regex":"a(?=b)"})~", "1", "invalid perl operator: (?="},
      {R"({"millrace:regex":["a"]})", "1", "millrace:regex match pattern must be a string"},
  });
}

TEST(PatternExtensions, DemandSeveralThingsOfOneField) {
  const std::string_view both = R"({"millrace:all-of":["a",{"prefix":"b"}]})";
  Check({
      {both, R"(["a","bc"])", "match"},
      {both, R"(["bc","x","a"])", "match"},
      {both, R"("a")", "no"},
      {both, R"(["a","a"])", "no"},
      {R"({"millrace:all-of":[{"prefix":"a"},{"suffix":"z"},{"anything-but":"a-z"}]})", R"("abz")", "match"},
      {R"({"millrace:all-of":[{"prefix":"a"},{"suffix":"z"},{"anything-but":"a-z"}]})", R"("a-z")", "no"},
      // An alternative among others.
      {R"("x",{"millrace:all-of":[1,2]},{"prefix":"y"},{"millrace:all-of":[3,4]})", R"("x")", "match"},
      {R"("x",{"millrace:all-of":[1,2]},{"prefix":"y"},{"millrace:all-of":[3,4]})", R"("yes")", "match"},
      {R"("x",{"millrace:all-of":[1,2]},{"prefix":"y"},{"millrace:all-of":[3,4]})", "[4,5,3]", "match"},
      {R"("x",{"millrace:all-of":[1,2]},{"prefix":"y"},{"millrace:all-of":[3,4]})", "[1,4]", "no"},
      {R"({"millrace:all-of":[{"exists":false}]})", "[]", "match"},
      {R"({"millrace:all-of":[]})", "1", "Empty arrays are not allowed"},
      {R"({"millrace:all-of":"a"})", "1", "Value of millrace:all-of must be an array."},
      {R"({"millrace:all-of":[["a"]]})", "1", "Match value must be String, number, true, false, or null"},
      {R"({"millrace:all-of":[{"millrace:all-of":["a"]}]})", "1",
       "millrace:all-of cannot stand inside millrace:all-of"},
      {R"({"millrace:all-of":["a"],"prefix":"b"})", "1", "Only one key allowed in match expression"},
  });
  // The values lie in one element of each array, as all fields of a rule do.
  const std::string_view rule = R"({"e":{"t":[{"millrace:all-of":["a","b"]}],"n":[1]}})";
  EXPECT_EQ(Answer(rule, R"({"e":[{"t":["b","a"],"n":1}]})"), "match");
  EXPECT_EQ(Answer(rule, R"({"e":[{"t":["b","a"],"n":2},{"n":1}]})"), "no");
  EXPECT_EQ(Answer(rule, R"({"e":[{"t":"a","n":1},{"t":"b","n":1}]})"), "no");
  // A field that is named again replaces all of it, also in a branch of $or.
  EXPECT_EQ(Answer(R"({"a":[{"millrace:all-of":[1,2]}],"$or":[{"a":[3]},{"b":[4]}]})", R"({"a":3})"), "match");
  EXPECT_EQ(Answer(R"({"a":[{"millrace:all-of":[1,2]}],"$or":[{"a":[3]},{"b":[4]}]})", R"({"a":[1,2],"b":4})"),
            "match");
  EXPECT_EQ(Answer(R"({"a":[{"millrace:all-of":[1,2]}],"$or":[{"a":[3]},{"b":[4]}]})", R"({"a":1,"b":4})"), "no");
  std::string many = "{";
  for (int i = 0; i < 10; ++i) many += fmt::format("{}\"f{}\":[1,{}]", i == 0 ? "" : ",", i, both);
  EXPECT_EQ(Answer(many + "}", "{}"), "Rule has more than 1000 combinations of millrace:all-of");
}

TEST(PatternExtensions, AreUnknownWhereTheyAreNotWanted) {
  for (const ParseOptions& options : {kAws, ParseOptions{.extensions = false}}) {
    for (const std::string_view type : {"millrace:regex", "millrace:wildcard-ignore-case", "millrace:all-of"}) {
      EXPECT_EQ(Field(fmt::format("{{\"{}\":\"a\"}}", type), "1", options),
                fmt::format("Unrecognized match type {}", type));
    }
    EXPECT_EQ(Answer(R"({"$or":[{"millrace:regex":["a"]},{"b":[1]}]})", R"({"millrace:regex":"a"})", options), "match");
  }
  EXPECT_EQ(Field(R"({"millrace:regexp":"a"})", "1"), "Unrecognized match type millrace:regexp");
  EXPECT_EQ(Field(R"({"anything-but":{"millrace:regex":"a"}})", "1"),
            "Unsupported anything-but pattern: millrace:regex");
  EXPECT_EQ(Answer(R"({"$or":[{"millrace:regex":"a"},{"prefix":"b"}]})", R"({"$or":"a"})"), "match");
}

TEST(Pattern, KnowsWhetherItHasWildcards) {
  const auto has = [](std::string_view text) { return Pattern::Parse(text)->has_wildcards(); };
  EXPECT_FALSE(has(R"({"a":["*",{"prefix":"*"},{"millrace:regex":"a*"}]})"));
  EXPECT_TRUE(has(R"({"a":[1],"b":{"c":[2,{"wildcard":"*"}]}})"));
  EXPECT_TRUE(has(R"({"$or":[{"a":[1]},{"a":[{"anything-but":{"wildcard":"a*"}}]}]})"));
  EXPECT_TRUE(has(R"({"a":[{"millrace:all-of":[{"millrace:wildcard-ignore-case":"a*"}]}]})"));
}

TEST(Fold, HasNoFormThatBeginsOrEndsWithTheOther) {
  for (std::uint32_t code = 1; code < 0x20000; ++code) {
    if (code >= 0xd800 && code < 0xe000) continue;
    std::string text;
    const auto tail = [&](int shift) { text += static_cast<char>(0x80 | (code >> shift & 0x3f)); };
    if (code < 0x80) {
      text += static_cast<char>(code);
    } else if (code < 0x800) {
      text += static_cast<char>(0xc0 | code >> 6);
      tail(0);
    } else if (code < 0x10000) {
      text += static_cast<char>(0xe0 | code >> 12);
      tail(6), tail(0);
    } else {
      text += static_cast<char>(0xf0 | code >> 18);
      tail(12), tail(6), tail(0);
    }
    const Fold fold(text);
    ASSERT_EQ(fold.characters().size(), 1u);
    const auto& [lower, upper] = fold.characters()[0];
    if (lower == upper) continue;
    EXPECT_FALSE(lower.starts_with(upper) || upper.starts_with(lower)) << code;
    EXPECT_FALSE(lower.ends_with(upper) || upper.ends_with(lower)) << code;
  }
}

TEST(Pattern, MatchesPresenceAndAbsence) {
  Check({
      {R"({"exists":true})", "null", "match"},
      {R"({"exists":true})", R"("")", "match"},
      {R"({"exists":true})", "[]", "no"},
      {R"({"exists":true})", "{}", "no"},
      {R"({"exists":true})", "[{}]", "no"},
      {R"({"exists":true})", R"({"b":1})", "no"},
      {R"({"exists":false})", "null", "no"},
      {R"({"exists":false})", "[]", "match"},
      {R"({"exists":false})", "{}", "match"},
      {R"({"exists":false},"x")", R"("x")", "match"},
      {R"({"exists":false},"x")", R"("y")", "no"},
  });
  EXPECT_EQ(Answer(R"({"a":[{"exists":false}]})", R"({"b":1})"), "match");
  EXPECT_EQ(Answer(R"({"a":[{"exists":false}],"b":[1]})", R"({"b":1})"), "match");
  EXPECT_EQ(Answer(R"({"a":[{"exists":false}],"b":[1]})", R"({"b":2})"), "no");
  // Judged within the elements that earlier fields chose.
  EXPECT_EQ(Answer(R"({"d":{"a":[1],"b":[{"exists":false}]}})", R"({"d":[{"a":1},{"b":2}]})"), "match");
  EXPECT_EQ(Answer(R"({"d":{"b":[{"exists":false}],"c":[1]}})", R"({"d":[{"c":1},{"b":2}]})"), "no");
}

TEST(Pattern, KeepsElementsOfArraysApart) {
  const std::string_view rule = R"({"e":{"a":[1],"b":[2]}})";
  EXPECT_EQ(Answer(rule, R"({"e":[{"a":1,"b":2}]})"), "match");
  EXPECT_EQ(Answer(rule, R"({"e":[{"a":1,"b":3},{"a":4,"b":2}]})"), "no");
  EXPECT_EQ(Answer(rule, R"({"e":[{"a":1,"b":3},{"a":1,"b":2}]})"), "match");
  EXPECT_EQ(Answer(rule, R"({"e":[[{"a":1}],[{"b":2}]]})"), "no");
  EXPECT_EQ(Answer(rule, R"({"e":[{"x":0},{"a":[1,5],"b":[7,2]}]})"), "match");
  EXPECT_EQ(Answer(R"({"e":{"f":{"a":[1],"b":[2]},"g":[3]}})", R"({"e":[{"f":[{"a":1},{"a":1,"b":2}],"g":3}]})"),
            "match");
  EXPECT_EQ(Answer(R"({"e":{"f":{"a":[1],"b":[2]},"g":[3]}})", R"({"e":[{"f":[{"a":1,"b":2}],"g":4},{"g":3}]})"), "no");
  // Scalars in an array belong to no element of it.
  EXPECT_EQ(Answer(R"({"e":[1],"f":[2]})", R"({"e":[0,1],"f":[2,3]})"), "match");
  // Elements of different arrays are free.
  EXPECT_EQ(Answer(R"({"e":{"a":[1]},"f":{"a":[2]}})", R"({"e":[{"a":1}],"f":[{"a":0},{"a":2}]})"), "match");
}

TEST(Pattern, TreatsDotsInNamesAsNesting) {
  for (const std::string_view rule : {R"({"a.b":[1]})", R"({"a":{"b":[1]}})"}) {
    EXPECT_EQ(Answer(rule, R"({"a.b":1})"), "match");
    EXPECT_EQ(Answer(rule, R"({"a":{"b":1}})"), "match");
    EXPECT_EQ(Answer(rule, R"({"a":{"c":1}})"), "no");
  }
  EXPECT_EQ(Answer(R"({"a":{"b.c":{"d":[1]}}})", R"({"a.b":{"c":{"d":1}}})"), "match");
  EXPECT_EQ(Answer(R"({"a":{"":[1]}})", R"({"a.":1})"), "match");
}

TEST(Pattern, LetsLaterFieldsReplaceEarlierOnes) {
  EXPECT_EQ(Answer(R"({"a":[1],"a":[2]})", R"({"a":1})"), "no");
  EXPECT_EQ(Answer(R"({"a":[1],"a":[2]})", R"({"a":2})"), "match");
  EXPECT_EQ(Answer(R"({"a":[1]})", R"({"a":2,"a":1})"), "match");  // the event keeps both
}

TEST(Pattern, JoinsBranchesWithOr) {
  const std::string_view rule = R"({"s":["x"],"$or":[{"a":[1]},{"b":[2],"c":{"d":[3]}}]})";
  EXPECT_EQ(Answer(rule, R"({"s":"x","a":1})"), "match");
  EXPECT_EQ(Answer(rule, R"({"s":"y","a":1})"), "no");
  EXPECT_EQ(Answer(rule, R"({"s":"x","b":2})"), "no");
  EXPECT_EQ(Answer(rule, R"({"s":"x","b":2,"c":{"d":3}})"), "match");
  const std::string_view nested = R"({"n":{"$or":[{"a":[1]},{"$or":[{"b":[2]},{"c":[3]}],"d":[4]}]}})";
  EXPECT_EQ(Answer(nested, R"({"n":{"c":3,"d":4}})"), "match");
  EXPECT_EQ(Answer(nested, R"({"n":{"c":3}})"), "no");
  EXPECT_EQ(Answer(nested, R"({"n":{"a":1}})"), "match");
  // A field outside that is named again in a branch is replaced there.
  EXPECT_EQ(Answer(R"({"a":[1],"$or":[{"a":[2]},{"b":[3]}]})", R"({"a":2})"), "match");
  EXPECT_EQ(Answer(R"({"a":[1],"$or":[{"a":[2]},{"b":[3]}]})", R"({"a":1})"), "no");
  EXPECT_EQ(Answer(R"({"a":[1],"$or":[{"a":[2]},{"b":[3]}]})", R"({"a":1,"b":3})"), "match");
  // Each branch keeps to one element of an array.
  EXPECT_EQ(Answer(R"({"e":{"x":[1],"$or":[{"a":[2]},{"b":[3]}]}})", R"({"e":[{"x":1},{"b":3}]})"), "no");
  EXPECT_EQ(Answer(R"({"e":{"x":[1],"$or":[{"a":[2]},{"b":[3]}]}})", R"({"e":[{"a":2},{"x":1,"b":3}]})"), "match");
}

TEST(Pattern, TakesOrAsAFieldWhereItCannotBeAnOperator) {
  EXPECT_EQ(Answer(R"({"$or":["x","y"]})", R"({"$or":"y"})"), "match");
  EXPECT_EQ(Answer(R"({"$or":[{"prefix":"x"},{"prefix":"y"}]})", R"({"$or":"yes"})"), "match");
  EXPECT_EQ(Answer(R"({"$or":[{"a":[1]}]})", R"({"a":1})"), "There must have at least 2 Objects in $or relationship.");
  EXPECT_EQ(Answer(R"({"$or":[{"a":[1]},{"b":[]}]})", R"({"a":1})"), "Empty arrays are not allowed");
  EXPECT_EQ(Answer(R"({"$or":[{"a":{"exists":[1]}},{"b":[1]}]})", "{}"),
            "exists is Ruler reserved fieldName which cannot be used inside $or.");
}

TEST(Pattern, RefusesInTheWordsOfTheService) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"[]", "Filter is not an object"},
      {"{}", "Empty objects are not allowed"},
      {R"({"a":{}})", "Empty objects are not allowed"},
      {R"({"a":[]})", "Empty arrays are not allowed"},
      {R"({"a":[[1]]})", "Match value must be String, number, true, false, or null"},
      {R"({"a":1})", "\"a\" must be an object or an array"},
      {R"({"a":[{}]})", "Match expression name not found"},
      {R"({"a":[{"foo":1}]})", "Unrecognized match type foo"},
      {R"({"a":[{"prefix":"a","suffix":"b"}]})", "Only one key allowed in match expression"},
      {R"({"a":[{"exactly":1}]})", "exact match pattern must be a string"},
      {R"({"a":[{"exists":"yes"}]})", "exists match pattern must be either true or false."},
      {R"({"a":[{"prefix":{"suffix":"x"}}]})", "Unsupported prefix pattern: suffix"},
      {R"({"a":[{"suffix":{}}]})", "Suffix expression name not found"},
      {R"({"a":[{"numeric":[]}]})", "Invalid member in numeric match: ]"},
      {R"({"a":[{"numeric":[5]}]})", "Invalid member in numeric match: 5"},
      {R"({"a":[{"numeric":["!=",5]}]})", "Unrecognized numeric range operator: !="},
      {R"({"a":[{"numeric":["=","5"]}]})", "Value of equals must be numeric"},
      {R"({"a":[{"numeric":["=",5,6]}]})", "Too many elements in numeric expression"},
      {R"({"a":[{"numeric":["<",5,">",1]}]})", "Too many elements in numeric expression"},
      {R"({"a":[{"numeric":[">",5,6]}]})", "Bad value in numeric range: 6"},
      {R"({"a":[{"numeric":[">",5,"<",6,7]}]})", "Too many terms in numeric range expression"},
      {R"({"a":[{"numeric":[">",5,"<",5]}]})", "Bottom must be less than top"},
      {R"({"a":[{"numeric":[">",1e400]}]})", "Cannot compare number : 1e400"},
      {R"({"a":[{"anything-but":{"numeric":["=",1]}}]})", "Unsupported anything-but pattern: numeric"},
      {R"({"a":[{"anything-but":{}}]})", "Anything-But expression name not found"},
      {R"({"a":[{"anything-but":[]}]})",
       "Inside anything but list, either all values are number or string, mixed type is not supported"},
      {R"({"a":[{"anything-but":[1,"a"]}]})",
       "Inside anything but list, either all values are number or string, mixed type is not supported"},
      {R"({"a":[{"anything-but":true}]})", "Value of anything-but must be an array or single string/number value."},
      {R"({"a":[{"anything-but":{"prefix":[]}}]})", "Empty arrays are not allowed"},
      {R"({"a":[{"anything-but":{"wildcard":"**"}}]})", "Consecutive wildcard characters at pos 1"},
      {R"({"a":[{"wildcard":"a\\b"}]})", "Invalid escape character at pos 2"},
      {R"({"a":[{"wildcard":"a\\"}]})", "Invalid escape character at pos 2"},
      {R"({"a":[{"cidr":"10.0.0.0/32"}]})", "IPv4 mask bits must be < 32"},
      {R"({"a":[{"cidr":"::/128"}]})", "IPv6 mask bits must be < 128"},
      {R"({"a":[{"cidr":"10.0.0.0/-1"}]})", "Malformed CIDR, mask bits must not be negative"},
      {R"({"a":[{"cidr":"10.0.0.256/8"}]})", "Invalid IP address: 10.0.0.256"},
      {R"({"a":[{"cidr":"::ffff:10.0.0.1/96"}]})", "Nonstandard IP address: ::ffff:10.0.0.1"},
      {R"({"a":[{"cidr":"10.0.0.0"}]})", "Malformed CIDR, one '/' required"},
      {R"({"a":[1)", "invalid JSON at byte 7: expected ',' or ']'"},
      {R"({"a":[1]} x)", "invalid JSON at byte 10: text after the value"},
  };
  for (const auto& [text, reason] : cases) EXPECT_EQ(Answer(text, "{}"), reason) << text;
}

TEST(Pattern, CountsLinesAndUtf16Columns) {
  ParseFailure failure;
  ASSERT_FALSE(Pattern::Parse("{\n  \"é😀\": [ 1 ],\n  \"😀\": 5 }", &failure).ok());
  EXPECT_EQ(failure.line, 3u);
  EXPECT_EQ(failure.column, 10u);
}

TEST(Pattern, ShowsOnlyTheBeginningOfALongText) {
  const std::string text = "{\"a\":[\"" + std::string(600, 'x') + "\"],\"b\":1}";
  const Result<Pattern> pattern = Pattern::Parse(text);
  ASSERT_FALSE(pattern.ok());
  EXPECT_EQ(
      pattern.error().message(),
      fmt::format("\"b\" must be an object or an array\n at [Source: (String)\"{}\"[truncated 116 chars]; line: 1, "
                  "column: 616]",
                  text.substr(0, 500)));
}

TEST(Pattern, MatchesObjectsOnly) {
  const Result<Pattern> pattern = Pattern::Parse(R"({"a":[{"exists":false}]})");
  ASSERT_TRUE(pattern.ok());
  json::Document event;
  for (const std::string_view text : {"null", "[]", "1", "\"a\"", "[{}]"}) {
    ASSERT_TRUE(event.Parse(text).ok());
    EXPECT_FALSE(pattern->Matches(event.root())) << text;
  }
}

// Hostile input: each of these must end soon. No clock is read; a test that does not end fails by its time limit.

TEST(HostilePatterns, ManyStarsAreRefused) {
  std::string stars;
  for (int i = 0; i < 2000; ++i) stars += "*a";
  EXPECT_NE(Field("{\"wildcard\":\"" + stars + "\"}", "\"a\"").find("too complex"), std::string::npos);
  EXPECT_NE(Field("{\"anything-but\":{\"wildcard\":\"" + stars + "\"}}", "\"a\"").find("too complex"),
            std::string::npos);
  std::string many;
  for (int i = 0; i < 11; ++i) many += fmt::format("{}{{\"wildcard\":\"{}*\"}}", i == 0 ? "" : ",", i);
  EXPECT_NE(Field(many, "\"a\"").find("too complex"), std::string::npos);
}

TEST(HostilePatterns, AWildcardOnALongValueIsLinear) {
  const std::string value = "\"" + std::string(1'000'000, 'a') + "\"";
  EXPECT_EQ(Field(R"({"wildcard":"*a*a*a*ab"})", value), "no");
  EXPECT_EQ(Field(R"({"wildcard":"*aaaab*"})", value), "no");
  EXPECT_EQ(Field(R"({"wildcard":"a*a*a*a"})", value), "match");
}

TEST(HostilePatterns, DeepPatternsWorkUpToTheLimit) {
  const auto nested = [](int levels, std::string_view leaf) {
    std::string text;
    for (int i = 0; i < levels; ++i) text += "{\"a\":";
    text += leaf;
    return text + std::string(static_cast<std::size_t>(levels), '}');
  };
  EXPECT_EQ(Answer(nested(299, "[1]"), nested(299, "1")), "match");
  EXPECT_EQ(Answer(nested(299, "[1]"), nested(298, "1")), "no");
  EXPECT_NE(Answer(nested(300, "[1]"), nested(300, "1")).find("levels of nesting"), std::string::npos);
  EXPECT_NE(Answer(nested(100'000, "[1]"), "{}"), "no");
  std::string dots = "a";
  for (int i = 1; i < 1000; ++i) dots += ".a";
  EXPECT_EQ(Answer("{\"" + dots + "\":[1]}", "{\"" + dots + "\":1}"), "match");
  EXPECT_EQ(Answer("{\"" + dots + ".a\":[1]}", "{}"), "Rule has a field of more than 1000 names");
  EXPECT_EQ(Answer("{\"" + dots + "\":{\"a\":[1]}}", "{}"), "Rule has a field of more than 1000 names");
}

TEST(HostilePatterns, RegularExpressionsAreBounded) {
  EXPECT_NE(Field(R"({"millrace:regex":"((a{100}){100}){100}"})", R"("a")").find("repetition"), std::string::npos);
  EXPECT_NE(Field(R"({"millrace:regex":"((\\pL{10}){10}){9}"})", R"("a")").find("too large"), std::string::npos);
  EXPECT_NE(Field("{\"millrace:regex\":\"" + std::string(1025, 'a') + "\"}", R"("a")").find("longer than"),
            std::string::npos);
  EXPECT_NE(Field("{\"millrace:regex\":\"" + std::string(1024, '(') + "\"}", R"("a")").find("missing"),
            std::string::npos);
  // Exponential for an engine that goes back.
  EXPECT_EQ(Field(R"({"millrace:regex":"(a|aa|a*)*b"})", "\"" + std::string(100'000, 'a') + "\""), "no");
  // More states than there is memory for.
  EXPECT_EQ(Field(R"({"millrace:regex":"(a|b)*a(a|b){20}c"})", "\"" + std::string(100'000, 'a') + "\""), "no");
}

TEST(HostilePatterns, AFoldedWildcardOnALongValueEnds) {
  const std::string value = "\"" + std::string(1'000'000, 'a') + "\"";
  EXPECT_EQ(Field(R"({"millrace:wildcard-ignore-case":"*A*a*A*aB"})", value), "no");
  EXPECT_EQ(Field(R"({"millrace:wildcard-ignore-case":"*AaAab*"})", value), "no");
  EXPECT_EQ(Field(R"({"millrace:wildcard-ignore-case":"a*a*a*A"})", value), "match");
}

TEST(HostilePatterns, TenThousandAlternativesWork) {
  std::string alternatives;
  for (int i = 0; i < 10'000; ++i) alternatives += fmt::format("{}\"value-{}\"", i == 0 ? "" : ",", i);
  EXPECT_EQ(Field(alternatives, "\"value-9999\""), "match");
  EXPECT_EQ(Field(alternatives, "\"value\""), "no");
  std::string prefixes;
  for (int i = 0; i < 10'000; ++i) prefixes += fmt::format("{}{{\"prefix\":\"v{}\"}}", i == 0 ? "" : ",", i);
  std::string values = "[";
  for (int i = 0; i < 50'000; ++i) values += "\"x\",";
  EXPECT_EQ(Field(prefixes, values + "\"x\"]"), "no");
}

TEST(HostilePatterns, OrBranchesAreLimited) {
  std::string text = "{";
  for (int i = 0; i < 12; ++i)
    text += fmt::format("{}\"x{}\":{{\"$or\":[{{\"a\":[1]}},{{\"b\":[2]}}]}}", i == 0 ? "" : ",", i);
  EXPECT_EQ(Answer(text + "}", "{}"), "Rule has more than 1000 combinations of $or branches");
  std::string wide = "{\"$or\":[";
  for (int i = 0; i < 1001; ++i) wide += fmt::format("{}{{\"a{}\":[1]}}", i == 0 ? "" : ",", i);
  EXPECT_EQ(Answer(wide + "]}", "{}"), "Rule has more than 1000 combinations of $or branches");
  std::string fields = "{";
  for (int i = 0; i < 257; ++i) fields += fmt::format("{}\"f{}\":[1]", i == 0 ? "" : ",", i);
  EXPECT_EQ(Answer(fields + "}", "{}"), "Rule has more than 256 fields");
}

TEST(HostilePatterns, LongArraysDoNotMultiply) {
  // Every field matches somewhere, no element has both, and further arrays multiply the ways to choose.
  std::string event = "{\"a\":[";
  for (int i = 0; i < 3000; ++i) event += fmt::format("{}{{\"{}\":1}}", i == 0 ? "" : ",", i % 2 == 0 ? "x" : "y");
  event += "]";
  std::string rule = R"({"a":{"x":[1],"y":[1]})";
  for (char name = 'b'; name < 'i'; ++name) {
    event += fmt::format(",\"{}\":[", name);
    for (int i = 0; i < 300; ++i) event += fmt::format("{}{{\"x\":1}}", i == 0 ? "" : ",");
    event += "]";
    rule += fmt::format(",\"{}\":{{\"x\":[1]}}", name);
  }
  EXPECT_EQ(Answer(rule + "}", event + "}"), "no");
  EXPECT_EQ(Answer(rule + R"(,"z":{"x":[1],"y":[1]}})", event + R"(,"z":[{"x":1},{"y":1}]})"), "no");
  // The same path spelt in many ways is many arrays, which the search must give up on rather than try all.
  std::string spellings = "{";
  for (const std::string_view spelling : {"\"a.b.c\":", "\"a\":{\"b.c\":", "\"a.b\":{\"c\":", "\"a\":{\"b\":{\"c\":"}) {
    if (spellings.size() > 1) spellings += ",";
    spellings += spelling;
    spellings += "[";
    for (int i = 0; i < 200; ++i) spellings += fmt::format("{}{{\"k{}\":1}}", i == 0 ? "" : ",", i % 8);
    spellings += "]" + std::string(static_cast<std::size_t>(std::count(spelling.begin(), spelling.end(), '{')), '}');
  }
  std::string keys;
  for (int i = 0; i < 8; ++i) keys += fmt::format("{}\"k{}\":[1]", i == 0 ? "" : ",", i);
  EXPECT_EQ(Answer("{\"a.b.c\":{" + keys + "}}", spellings + "}"), "no");
}

// A search without any cleverness: the fields of the event as event-ruler lists them, one tried after the other.
class BruteForce {
 public:
  explicit BruteForce(const json::Value& event) { Read(event, "", {}); }

  bool Matches(const Pattern& pattern) const {
    for (const auto& combination : pattern.combinations()) {
      if (Try(pattern, combination, 0, {})) return true;
    }
    return false;
  }

 private:
  using Places = std::map<int, int>;  // array to index
  struct Found {
    std::string path;
    const json::Value* value;
    Places places;
  };

  void Read(const json::Value& value, const std::string& path, Places places) {
    if (value.is_object()) {
      for (const json::Member& member : value.object()) {
        Read(member.value, path.empty() ? std::string(member.name) : path + "." + std::string(member.name), places);
      }
    } else if (value.is_array()) {
      const int array = arrays_++;
      int index = 0;
      for (const json::Value& item : value.array()) {
        Places inside = places;
        if (item.is_object() || item.is_array()) inside[array] = index;
        ++index;
        Read(item, path, inside);
      }
    } else {
      found_.push_back({path, &value, places});
    }
  }

  static bool Merge(Places& into, const Places& places) {
    for (const auto& [array, index] : places) {
      if (!into.emplace(array, index).second && into[array] != index) return false;
    }
    return true;
  }

  bool Try(const Pattern& pattern, const std::vector<std::uint32_t>& combination, std::size_t at,
           const Places& chosen) const {
    if (at == combination.size()) return true;
    const Condition& condition = pattern.conditions()[combination[at]];
    bool absent = true;
    for (const Found& found : found_) {
      Places merged = chosen;
      if (found.path != condition.path || !Merge(merged, found.places)) continue;
      absent = false;
      if (condition.Matches(*found.value) && Try(pattern, combination, at + 1, merged)) return true;
    }
    return condition.or_absent && absent && Try(pattern, combination, at + 1, chosen);
  }

  std::vector<Found> found_;
  int arrays_ = 0;
};

std::string RandomEvent(SeededRandom& random, int depth) {
  const std::uint64_t kind = random.Below(depth > 0 ? 10 : 3);
  if (kind < 3) return std::to_string(random.Below(3));
  std::string out = kind < 7 ? "{" : "[";
  const std::uint64_t count = random.Below(4);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i > 0) out += ",";
    if (kind < 7) out += fmt::format("\"{}\":", std::vector<std::string>{"a", "b", "c", "a.b"}[random.Below(4)]);
    out += RandomEvent(random, depth - 1);
  }
  return out + (kind < 7 ? "}" : "]");
}

std::string RandomRule(SeededRandom& random, int depth) {
  std::string out = "{";
  const std::uint64_t count = 1 + random.Below(3);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i > 0) out += ",";
    if (depth > 0 && random.Below(6) == 0) {
      out += fmt::format("\"$or\":[{},{}]", RandomRule(random, depth - 1), RandomRule(random, depth - 1));
      continue;
    }
    out += fmt::format("\"{}\":", std::vector<std::string>{"a", "b", "c", "b.c"}[random.Below(4)]);
    if (depth > 0 && random.Below(2) == 0) {
      out += RandomRule(random, depth - 1);
    } else {
      out += std::vector<std::string>{"[0]",
                                      "[1]",
                                      "[1,2]",
                                      "[{\"exists\":true}]",
                                      "[{\"exists\":false}]",
                                      "[{\"exists\":false},0]",
                                      "[{\"anything-but\":1}]"}[random.Below(7)];
    }
  }
  return out + "}";
}

TEST(Pattern, AgreesWithBruteForceOnRandomRulesAndEvents) {
  SystemRandom entropy;
  const std::uint64_t seed = entropy.Next();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  SeededRandom random(seed);
  json::Document event;
  int matches = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string rule = RandomRule(random, 2);
    const Result<Pattern> pattern = Pattern::Parse(rule);
    ASSERT_TRUE(pattern.ok()) << rule << pattern.error().message();
    std::string text = "{\"a\":" + RandomEvent(random, 4) + ",\"b\":" + RandomEvent(random, 4) + "}";
    ASSERT_TRUE(event.Parse(text, {.duplicate_names = json::DuplicateNames::kKeepAll}).ok());
    const bool expected = BruteForce(event.root()).Matches(*pattern);
    ASSERT_EQ(pattern->Matches(event.root()), expected) << rule << " on " << text;
    matches += expected ? 1 : 0;
  }
  EXPECT_GT(matches, 1000);
}

TEST(Pattern, SurvivesMutatedPatterns) {
  SystemRandom entropy;
  const std::uint64_t seed = entropy.Next();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  SeededRandom random(seed);
  const std::string_view pieces[] = {"{",
                                     "}",
                                     "[",
                                     "]",
                                     ",",
                                     ":",
                                     "\"a\"",
                                     "\"$or\"",
                                     "\"prefix\"",
                                     "\"anything-but\"",
                                     "\"numeric\"",
                                     "\">\"",
                                     "1",
                                     "null",
                                     "\"wildcard\"",
                                     "\"*a*\"",
                                     "\"cidr\"",
                                     "\"equals-ignore-case\"",
                                     "\"exists\"",
                                     "true",
                                     "\"\\ud83d\\ude00\""};
  json::Document event;
  ASSERT_TRUE(event.Parse(R"({"a":[{"a":"xay"},1,null]})").ok());
  int accepted = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text = RandomRule(random, 2);
    for (std::uint64_t edits = random.Below(4); edits > 0; --edits) {
      const std::size_t at = random.Below(text.size() + 1);
      const std::string_view piece = pieces[random.Below(std::size(pieces))];
      text.replace(at, random.Below(3), piece);
    }
    const Result<Pattern> pattern = Pattern::Parse(text);
    if (!pattern.ok()) continue;
    ++accepted;
    pattern->Matches(event.root());
  }
  EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace millrace::pattern
