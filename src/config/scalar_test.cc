// Scalars: plain text is resolved by the core schema of YAML 1.2 and nothing else, numbers keep their digits on the way
// to JSON, and durations read back what they print.
#include "config/scalar.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "json/parse.h"

namespace millrace::config {
namespace {

TEST(Scalar, PlainTextIsResolvedByTheCoreSchema) {
  for (const auto* text : {"no",    "yes", "on",    "off",        "y",  "NO",    "nUll", "tRue",
                           "1_000", "0b1", "12:30", "1.2.3",      "0x", "0o8",   "0x-1", "0xfffffffffffffffff",
                           "1e",    "e1",  ".",     "-",          "+",  "+-1",   "- 1",  ".e1",
                           "inf",   "nan", "-.nan", "2001-01-01", "=",  "1.5e+", "0X1F"})
    EXPECT_EQ(ResolvePlain(text), NodeType::kText) << text;
  for (const auto* text : {"", "~", "null", "Null", "NULL"}) EXPECT_EQ(ResolvePlain(text), NodeType::kNull) << text;
  for (const auto* text : {"true", "True", "TRUE", "false", "False", "FALSE"})
    EXPECT_EQ(ResolvePlain(text), NodeType::kBool) << text;
  for (const auto* text : {"0", "012", "-7", "+3", "0o17", "0x1F", "99999999999999999999999999999999999999"})
    EXPECT_EQ(ResolvePlain(text), NodeType::kInteger) << text;
  for (const auto* text : {"1.0", "1.", ".5", "-.5e-3", "1E3", ".inf", "-.Inf", "+.INF", ".nan", ".NaN"})
    EXPECT_EQ(ResolvePlain(text), NodeType::kFloat) << text;
}

TEST(Scalar, NumbersReachJsonWithEveryDigit) {
  const std::pair<const char*, const char*> cases[] = {
      {"012", "12"},    {"0", "0"},
      {"000", "0"},     {"-007", "-7"},
      {"+5", "5"},      {".5", "0.5"},
      {"5.", "5"},      {"-.5", "-0.5"},
      {"1.50", "1.50"}, {"1.50e3", "1.50e3"},
      {"5.e1", "5e1"},  {"1E+3", "1E+3"},
      {"0x1F", "31"},   {"0o17", "15"},
      {"-0", "-0"},     {"3.14159265358979323846264338327950288419", "3.14159265358979323846264338327950288419"}};
  for (const auto& [text, json] : cases) EXPECT_EQ(JsonNumber(text), json) << text;
  for (const auto* text : {".inf", "-.inf", ".nan"}) EXPECT_EQ(JsonNumber(text), std::nullopt) << text;
}

TEST(Scalar, WhateverCountsAsANumberIsAJsonNumber) {
  const std::uint64_t seed = 7;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  SeededRandom random(seed);
  constexpr std::string_view kAlphabet = "0123456789.eE+-xo";
  int numbers = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text;
    for (std::uint64_t n = 1 + random.Below(8); n > 0; --n) text.push_back(kAlphabet[random.Below(kAlphabet.size())]);
    const NodeType type = ResolvePlain(text);
    if (type != NodeType::kInteger && type != NodeType::kFloat) continue;
    ++numbers;
    const auto json = JsonNumber(text);
    ASSERT_TRUE(json.has_value()) << text;
    ASSERT_TRUE(json::IsNumber(*json)) << text << " -> " << *json;
  }
  EXPECT_GT(numbers, 1000);
}

TEST(Scalar, IntegersThatDoNotFitAreAbsent) {
  EXPECT_EQ(ToInteger("9223372036854775807"), 9223372036854775807);
  EXPECT_EQ(ToInteger("9223372036854775808"), std::nullopt);
  EXPECT_EQ(ToInteger("+12"), 12);
  EXPECT_EQ(ToInteger("010"), 10);
  EXPECT_EQ(ToInteger("0x10"), 16);
}

TEST(Scalar, DurationsReadBackWhatTheyPrint) {
  for (const std::int64_t ms : {0, 1, 999, 1000, 61'000, 3'600'000, 90'061'001})
    EXPECT_EQ(ParseDuration(DurationText(std::chrono::milliseconds(ms))), std::chrono::milliseconds(ms));
  EXPECT_EQ(ParseDuration("1h30m"), std::chrono::minutes(90));
  EXPECT_EQ(ParseDuration("14d"), std::chrono::hours(14 * 24));
  for (const auto* text : {"", "5", "s", "1x", "1s ", "-1s", "1.5s", "1S", "99999999999999999999s", "36501d", "1sm"})
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
}

}  // namespace
}  // namespace millrace::config
