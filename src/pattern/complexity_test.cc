// Complexity: the counts that event-ruler's own evaluator gives, and an end to patterns that were made to be slow.
#include "pattern/complexity.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace millrace::pattern {
namespace {

// Without the quotes around a value, whose beginning every wildcard shares.
std::size_t Of(const std::vector<std::string>& texts) {
  Condition condition;
  for (const std::string& text : texts) condition.others.emplace_back(*Wildcard::Parse(text));
  return Complexity(condition, 100);
}

TEST(Complexity, CountsTheBeginningsThatOneValueFits) {
  EXPECT_EQ(Of({}), 0u);
  EXPECT_EQ(Of({"abc"}), 1u);
  EXPECT_EQ(Of({"*ab"}), 2u);
  EXPECT_EQ(Of({"*aa"}), 3u);
  EXPECT_EQ(Of({"a*bbb"}), 4u);
  EXPECT_EQ(Of({"*ab*ad"}), 4u);
  EXPECT_EQ(Of({"a*b*bb"}), 5u);
  EXPECT_EQ(Of({"a*b*cb"}), 4u);
  EXPECT_EQ(Of({"*ab*b*b*"}), 7u);
  EXPECT_EQ(Of({"*a*a*a*a*a*a*a*a*"}), 17u);
  EXPECT_EQ(Of({"a*aaa", "aa*aa"}), 7u);
  EXPECT_EQ(Of({"ab*cd", "ab*wx", "ab*yz"}), 6u);
  EXPECT_EQ(Of({"ab*c", "ab*c"}), 2u);
  EXPECT_EQ(Of({"*:*:*:*:*:event-bus/*"}), 11u);
  EXPECT_EQ(Of({"/Users/*/dir/dir/dir/dir/dir/doc.txt"}), 7u);
}

TEST(Complexity, CountsSharedBeginningsOfOneAnythingButOnce) {
  Condition condition;
  AnythingButWildcards but;
  for (int i = 0; i < 50; ++i) but.wildcards.push_back(*Wildcard::Parse(fmt::format("*/{}x", i)));
  condition.others.emplace_back(but);
  EXPECT_EQ(Complexity(condition, 100), 2u);
}

TEST(Complexity, EndsOnPatternsThatMakeManySets) {
  std::string text;
  for (int i = 0; i < 9; ++i) {
    text += "*";
    for (int j = 0; j < 400; ++j) text += static_cast<char>('a' + (j * j + i * j) % 3);
  }
  EXPECT_GT(Of({text}), kComplexityMax);
  std::string distinct = "*";
  for (int i = 0; i < 100'000; ++i) distinct += static_cast<char>('a' + i % 26);
  EXPECT_GT(Of({distinct}), kComplexityMax);
}

}  // namespace
}  // namespace millrace::pattern
