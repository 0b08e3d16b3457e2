// ParseYaml: YAML is read by the rules of 1.2, every node knows its place, what multiplies or nests without end is
// refused quickly, and no bytes whatever crash it.
#include "config/yaml.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "config/limits.h"

namespace millrace::config {
namespace {

struct Read {
  NodePtr root;
  std::vector<Diagnostic> diagnostics;
};
Read ReadText(std::string_view text) {
  Report report("t.yaml");
  Read read{ParseYaml(text, report), {}};
  read.diagnostics = report.Take();
  return read;
}
// The code of the only problem.
std::string_view CodeOf(std::string_view text) {
  const Read read = ReadText(text);
  EXPECT_EQ(read.diagnostics.size(), 1u) << text.substr(0, 80);
  return read.diagnostics.empty() ? std::string_view() : read.diagnostics[0].code;
}

TEST(Yaml, TypesAreThoseOfYaml12) {
  const Read read = ReadText("a: no\nb: 012\nc: '1'\nd: ~\ne:\nf: !!str 7\ng: \"\"\nh: TRUE\n");
  ASSERT_TRUE(read.root);
  const NodeType expected[] = {NodeType::kText, NodeType::kInteger, NodeType::kText, NodeType::kNull,
                               NodeType::kNull, NodeType::kText,    NodeType::kText, NodeType::kBool};
  for (std::size_t i = 0; i < std::size(expected); ++i) EXPECT_EQ(read.root->entries[i].value->type, expected[i]) << i;
}

TEST(Yaml, EveryNodeKnowsItsPlace) {
  const Read read =
      ReadText("# ä\nkey: \"quo\\\"ted\" # c\nlist: [one, 'two', {thrée: four five}]\r\nanch: &a plain\n");
  ASSERT_TRUE(read.root);
  const auto& entries = read.root->entries;
  EXPECT_EQ(entries[0].key_span, (Span{2, 1, 4}));
  EXPECT_EQ(entries[0].value->span, (Span{2, 6, 16}));
  EXPECT_EQ(entries[1].value->items[0]->span, (Span{3, 8, 11}));
  EXPECT_EQ(entries[1].value->items[1]->span, (Span{3, 13, 18}));
  EXPECT_EQ(entries[1].value->items[2]->entries[0].key_span, (Span{3, 21, 26}));
  EXPECT_EQ(entries[1].value->items[2]->entries[0].value->span, (Span{3, 28, 37}));
  EXPECT_EQ(entries[2].value->text, "plain");
  EXPECT_EQ(entries[2].value->span.line, 4u);
}

TEST(Yaml, ARepeatedKeyIsAnErrorThatNamesTheFirst) {
  const Read read = ReadText("a: 1\nb: {c: 1, c: 2}\na: [1]\n");
  ASSERT_EQ(read.diagnostics.size(), 2u);
  EXPECT_EQ(read.diagnostics[0].code, code::kDuplicateKey);
  EXPECT_EQ(read.diagnostics[0].span, (Span{2, 11, 12}));
  EXPECT_EQ(read.diagnostics[1].span, (Span{3, 1, 2}));
  EXPECT_EQ(read.diagnostics[1].why, "the first is in line 1");
}

TEST(Yaml, AnAliasIsTheVeryNodeItNames) {
  const Read read = ReadText("x-a: &a {k: [1, 2]}\nb: *a\n*a : c\n");
  EXPECT_EQ(CodeOf("x-a: &a {k: [1, 2]}\nb: *a\n*a : c\n"), code::kSyntax);  // a mapping as a key
  const Read good = ReadText("x-a: &a {k: [1, 2]}\nb: *a\n");
  ASSERT_TRUE(good.root);
  EXPECT_EQ(good.root->entries[0].value, good.root->entries[1].value);
}

TEST(Yaml, WhatMultipliesItselfIsRefused) {
  std::string laughs = "x-0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 12; ++i) {
    laughs += fmt::format("x-{}: &a{} [", i, i);
    for (int j = 0; j < 9; ++j) laughs += fmt::format("{}*a{}", j == 0 ? "" : ",", i - 1);
    laughs += "]\n";
  }
  EXPECT_EQ(CodeOf(laughs), code::kTooBig);
  // Few nodes, much text.
  std::string text = "x-0: &a " + std::string(limits::kTextBytesMax / 8, 'a') + "\nx-1: [";
  for (int i = 0; i < 20; ++i) text += "*a, ";
  EXPECT_EQ(CodeOf(text + "*a]\n"), code::kTooBig);
  // A chain of aliases that is deep, not wide.
  std::string chain = "x-0: &a0 [x]\n";
  for (int i = 1; i < 20'000; ++i) chain += fmt::format("x-{}: &a{} [*a{}]\n", i, i, i - 1);
  EXPECT_EQ(CodeOf(chain), code::kTooBig);
  EXPECT_EQ(CodeOf("x-a: &a [*a]\n"), code::kYamlFeature);
}

TEST(Yaml, DeepNestingIsRefused) {
  for (const auto* opener : {"[", "{a: ", "- ", "? ", "[[{a: [", "!!seq [", "&a [", "{? "}) {
    std::string text;
    while (text.size() < limits::kFileBytesMax / 8) text += opener;
    const Read read = ReadText(text);
    EXPECT_FALSE(read.root) << opener;
    ASSERT_EQ(read.diagnostics.size(), 1u) << opener;
  }
  const auto lists = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(ReadText(lists(limits::kNestingMax)).root);
  EXPECT_FALSE(ReadText(lists(limits::kNestingMax + 1)).root);
}

TEST(Yaml, WhatIsNotTextIsRefused) {
  EXPECT_EQ(CodeOf("a: \xff\n"), code::kSyntax);
  EXPECT_EQ(CodeOf("a: \xed\xa0\x80\n"), code::kSyntax);   // a surrogate
  EXPECT_EQ(CodeOf("a: 1\n\x04\nb: 2\n"), code::kSyntax);  // the parser would take it for the end of the file
  EXPECT_EQ(CodeOf("a: \x1b[31m\n"), code::kSyntax);
  EXPECT_EQ(CodeOf(std::string_view("a: \0", 4)), code::kSyntax);
  EXPECT_EQ(CodeOf("\xff\xfe"
                   "a\0"),
            code::kSyntax);  // UTF-16
  EXPECT_EQ(CodeOf(std::string(limits::kFileBytesMax + 1, '\n')), code::kTooBig);
  EXPECT_TRUE(ReadText("\xef\xbb\xbf"
                       "a: ä\n")
                  .root);  // a byte order mark is allowed
}

TEST(Yaml, PartsOfYamlThatConfigurationsDoNotUseAreRefused) {
  EXPECT_EQ(CodeOf("a: 1\n---\nb: 2\n"), code::kYamlFeature);
  EXPECT_EQ(CodeOf("a: !!int 5\n"), code::kYamlFeature);
  EXPECT_EQ(CodeOf("a: !mine {}\n"), code::kYamlFeature);
  EXPECT_EQ(CodeOf("x-a: &a {}\nb: {<<: *a}\n"), code::kYamlFeature);
  EXPECT_EQ(CodeOf("[1]: 2\n"), code::kSyntax);
  EXPECT_EQ(CodeOf("~: 2\n"), code::kSyntax);
  EXPECT_EQ(CodeOf("a: {b: 1\n"), code::kSyntax);
  EXPECT_EQ(CodeOf("a: *nothing\n"), code::kSyntax);
}

TEST(Yaml, ATabInTheIndentationIsExplained) {
  const Read read = ReadText("a:\n\tb: 1\n");
  ASSERT_EQ(read.diagnostics.size(), 1u);
  EXPECT_EQ(read.diagnostics[0].code, code::kSyntax);
  EXPECT_NE(read.diagnostics[0].fix.find("spaces"), std::string::npos);
}

TEST(Yaml, AnEmptyFileIsNothing) {
  for (const auto* text : {"", "\n\n", "# only a comment\n", "---\n", "--- \n...\n"}) {
    const Read read = ReadText(text);
    ASSERT_TRUE(read.root) << text;
    EXPECT_TRUE(read.root->is_null()) << text;
  }
}

TEST(Yaml, NoBytesCrashIt) {
  const std::uint64_t seed = 20261120;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  SeededRandom random(seed);
  const std::string_view pieces[] = {
      "a",   ":",      " ",  "\n", "- ",    "? ", "[",  "]",    "{",           "}", ",",           "&a ", "*a",
      "!t ", "!!str ", "|",  ">",  "|+2\n", "'",  "\"", "\\x",  "\\U0010ffff", "#", "%YAML 1.2\n", "---", "...",
      "\t",  "  ",     "<<", "~",  "\r\n",  "0x", "é",  "\xff", "\x01",        "@", "`",           "''",  "\"\""};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::uint64_t n = random.Below(40); n > 0; --n) text += pieces[random.Below(std::size(pieces))];
    const Read read = ReadText(text);
    ASSERT_EQ(read.root == nullptr, HasErrors(read.diagnostics) &&
                                        read.diagnostics.back().code != code::kDuplicateKey && read.root == nullptr);
    for (const Diagnostic& d : read.diagnostics) ASSERT_FALSE(RenderText(d, text, true).empty());
  }
}

}  // namespace
}  // namespace millrace::config
