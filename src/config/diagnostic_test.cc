// Diagnostics: the rendering that people and editors see, to the character, and that nothing in a file can reach the
// terminal as a control sequence.
#include "config/diagnostic.h"

#include <gtest/gtest.h>

#include "config/report.h"
#include "json/parse.h"

namespace millrace::config {
namespace {

constexpr std::string_view kText =
    "version: 1\n"
    "rules:\n"
    "  r: {from: bus/crm, match: {detail: {UpdatedFeilds: [x]}}}\n";

Diagnostic Example() {
  return {code::kNeverMatches,
          Level::kError,
          "rule/r can never match",
          "millrace.yaml",
          {3, 39, 52},
          "rule/r",
          "its events have in detail only the keys Values, UpdatedFields",
          "UpdatedFields"};
}

TEST(Diagnostic, IsRenderedWithItsLineUnderlined) {
  EXPECT_EQ(RenderText(Example(), kText, false),
            "error[E2201]: rule/r can never match\n"
            "  --> millrace.yaml:3:39\n"
            "  |\n"
            "3 |   r: {from: bus/crm, match: {detail: {UpdatedFeilds: [x]}}}\n"
            "  |                                       ^^^^^^^^^^^^^\n"
            "  = why: its events have in detail only the keys Values, UpdatedFields\n"
            "  = fix: UpdatedFields\n");
}

TEST(Diagnostic, WithoutAPlaceNamesTheFile) {
  EXPECT_EQ(RenderText({code::kTooBig, Level::kWarning, "too big", "a.yaml", {}, {}, {}, {}}, "", false),
            "warning[E1004]: too big\n  --> a.yaml\n");
}

TEST(Diagnostic, IsRenderedAsJson) {
  EXPECT_EQ(RenderJson(Example()),
            R"({"code":"E2201","level":"error","message":"rule/r can never match","file":"millrace.yaml","line":3,)"
            R"("col":39,"endLine":3,"endCol":52,"ref":"rule/r",)"
            R"("why":"its events have in detail only the keys Values, UpdatedFields","fix":"UpdatedFields"})");
}

TEST(Diagnostic, ColourChangesNothingButColour) {
  const std::string colored = RenderText(Example(), kText, true);
  std::string plain;
  for (std::size_t at = 0; at < colored.size(); ++at) {
    if (colored[at] == '\x1b')
      at = colored.find('m', at);
    else
      plain.push_back(colored[at]);
  }
  EXPECT_NE(colored, plain);
  EXPECT_EQ(plain, RenderText(Example(), kText, false));
}

TEST(Diagnostic, MarksStayInPlaceAfterTabsAndWideBytes) {
  const Diagnostic d{code::kBadValue, Level::kError, "m", "f", {1, 5, 7}, {}, {}, {}};
  EXPECT_EQ(RenderText(d, "\xef\xbb\xbfä\té: xy", false),
            "error[E1104]: m\n  --> f:1:5\n  |\n1 | ä é: xy\n  |     ^^\n");
}

TEST(Diagnostic, OfALongLineOnlyTheSurroundingsAreShown) {
  const std::string line = std::string(5000, 'a') + "HERE" + std::string(500'000, 'b');
  const std::string text =
      RenderText({code::kBadValue, Level::kError, "m", "f", {1, 5001, 5005}, {}, {}, {}}, line, false);
  EXPECT_LT(text.size(), 600u);
  const std::size_t mark = text.find("^^^^");
  const std::size_t here = text.find("HERE");
  EXPECT_EQ(mark - text.rfind('\n', mark), here - text.rfind('\n', here));
}

TEST(Diagnostic, APlaceBeyondTheTextIsHarmless) {
  for (const Span span : {Span{99, 1, 2}, Span{1, 400, 900}, Span{1, 1, 0}, Span{2, 1, 1}})
    EXPECT_FALSE(RenderText({code::kBadValue, Level::kError, "m", "f", span, {}, {}, {}}, "ab", false).empty());
}

TEST(Diagnostic, ControlCharactersNeverReachTheTerminal) {
  EXPECT_EQ(Quoted("a\x1b[31mb\x7f\n"), "\"a\\x1b[31mb\\x7f\\x0a\"");
  EXPECT_EQ(Quoted("\xc2\x9b"
                   "31m"),
            "\"\\x9b31m\"");
  EXPECT_EQ(Quoted(std::string(99, 'a') + "é" + "tail"), "\"" + std::string(99, 'a') + "…\"");
  const std::string text =
      RenderText({code::kSyntax, Level::kError, "m", "f", {1, 1, 2}, {}, {}, {}}, "\x1b[31m", false);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(Diagnostic, EveryCodeHasATitleAndALevel) {
  for (const std::string_view code : AllCodes()) {
    EXPECT_FALSE(CodeTitle(code).empty()) << code;
    EXPECT_TRUE(code.size() == 5 && (code[0] == 'E' || code[0] == 'W')) << code;
  }
  EXPECT_TRUE(CodeTitle("E9999").empty());
}

TEST(Report, SaysHowManyWereLeftOut) {
  Report report("f");
  for (int i = 0; i < 70; ++i) report.Add(code::kBusWithoutInput, {1, 1, 2}, {}, {"w", {}, {}});
  EXPECT_FALSE(report.has_errors());
  auto warnings = report.Take();
  EXPECT_FALSE(HasErrors(warnings));
  EXPECT_EQ(warnings.back().message, "20 more problems are not shown");
  Report errors("f");
  for (int i = 0; i < 50; ++i) errors.Add(code::kBusWithoutInput, {1, 1, 2}, {}, {"w", {}, {}});
  errors.Add(code::kBadValue, {1, 1, 2}, {}, {"e", {}, {}});
  EXPECT_TRUE(HasErrors(errors.Take()));
}

}  // namespace
}  // namespace millrace::config
