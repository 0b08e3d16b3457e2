// Proves that violations are collected and told in the words of AWS's validation framework.
#include "aws/constraints.h"

#include <gtest/gtest.h>

#include <array>

namespace millrace::aws {
namespace {

std::string TextOf(const Constraints& constraints) {
  const Status status = constraints.Check();
  return status.ok() ? std::string() : status.error().message();
}

TEST(Constraints, AcceptWhatIsAbsentOrWithinBounds) {
  constexpr std::array<std::string_view, 2> kWords = {"A", "B"};
  Constraints constraints;
  constraints.NotNull(true, "a");
  constraints.OneOf(std::nullopt, "b", kWords);
  constraints.OneOf("B", "b", kWords);
  constraints.Between(std::nullopt, "c", 1, 2);
  constraints.Between(1, "c", 1, 2);
  constraints.Between(2, "c", 1, 2);
  constraints.Length(std::nullopt, "d", 3, 5);
  constraints.Length("abc", "d", 3, 5);
  constraints.Length("abcde", "d", 3, 5);
  constraints.Characters("aZ09_", "e", "_", "[a-zA-Z0-9_]+");
  EXPECT_TRUE(constraints.ok());
  EXPECT_TRUE(constraints.Check().ok());
}

TEST(Constraints, TellASingleViolation) {
  const auto text = [](const auto& violate) {
    Constraints constraints;
    violate(constraints);
    return TextOf(constraints);
  };
  const std::string one = "1 validation error detected: ";
  EXPECT_EQ(text([](Constraints& c) { c.NotNull(false, "key"); }),
            one + "Value null at 'key' failed to satisfy constraint: Member must not be null");
  EXPECT_EQ(
      text([](Constraints& c) { c.AtLeast(0, "limit", 1); }),
      one + "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1");
  EXPECT_EQ(text([](Constraints& c) { c.AtMost(9, "limit", 8); }),
            one + "Value '9' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 8");
  EXPECT_EQ(text([](Constraints& c) { c.Length("ab", "n", 3, 5); }),
            one + "Value 'ab' at 'n' failed to satisfy constraint: Member must have length greater than or equal to 3");
  EXPECT_EQ(
      text([](Constraints& c) { c.Length("abcdef", "n", 3, 5); }),
      one + "Value 'abcdef' at 'n' failed to satisfy constraint: Member must have length less than or equal to 5");
  EXPECT_EQ(
      text([](Constraints& c) { c.Characters("a b", "n", "", "[a-z]+"); }),
      one + "Value 'a b' at 'n' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+");
  constexpr std::array<std::string_view, 2> kWords = {"A", "B"};
  EXPECT_EQ(text([&](Constraints& c) { c.OneOf("C", "t", kWords); }),
            one + "Value 'C' at 't' failed to satisfy constraint: Member must satisfy enum value set: [A, B]");
}

TEST(Constraints, CountSeveralViolations) {
  Constraints constraints;
  constraints.Add("first");
  constraints.Add("second");
  EXPECT_FALSE(constraints.ok());
  EXPECT_EQ(TextOf(constraints), "2 validation errors detected: first; second");
}

TEST(Constraints, EchoTheBeginningOfALongValueInWholeCharacters) {
  std::string value;
  while (value.size() < 100'000) value += "\xc3\xa9";  // é
  value.insert(0, 1, 'x');                             // so that the cut falls within a character
  Constraints constraints;
  constraints.Length(value, "name", 1, 10);
  const std::string text = TextOf(constraints);
  EXPECT_LT(text.size(), 5'000u);
  const std::size_t end = text.find("' at 'name'");
  ASSERT_NE(end, std::string::npos);
  EXPECT_EQ(text.substr(end - 2, 2), "\xc3\xa9");
}

}  // namespace
}  // namespace millrace::aws
