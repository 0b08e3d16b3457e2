// Proves that every input has a limit and that what goes beyond it is an error in AWS's words: size, operators, nesting
// of parentheses, functions and paths, placeholders; and that the list of reserved words is complete.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "base/check.h"
#include "expr/condition.h"
#include "expr/placeholders.h"
#include "expr/projection.h"
#include "expr/reserved_words.h"
#include "expr/update.h"
#include "model/limits.h"

namespace millrace::expr {
namespace {

using model::AttributeValue;
using model::Number;

std::string Repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

Placeholders OneValue(AttributeValue value) {
  Placeholders::Values values;
  values.Set(":v", std::move(value));
  return MUST(Placeholders::Create({}, std::move(values)));  // a valid key and a small value
}
Placeholders OneNumber() {
  return OneValue(AttributeValue(Number(1)));
}

std::string ConditionError(const std::string& text) {
  Placeholders placeholders = OneNumber();
  const auto condition = Condition::Parse(text, placeholders);
  return condition.ok() ? "" : condition.error().message();
}

TEST(ExpressionSize, MayBe4096BytesOfTheTextAsSent) {
  const std::string condition = std::string(model::limits::kExpressionBytesMax - 5, 'a') + " = :v";
  ASSERT_EQ(condition.size(), 4096U);
  EXPECT_EQ(ConditionError(condition), "");
  EXPECT_EQ(
      ConditionError("a" + condition),
      "Invalid ConditionExpression: Expression size has exceeded the maximum allowed size; expression size: 4097");

  Placeholders::Names names;
  std::string projection;
  for (int i = 0; i < 30; ++i) {
    const std::string key = "#a" + std::to_string(i);
    names[key] = std::string(246, 'n') + std::to_string(i);
    projection += (i == 0 ? "" : ", ") + key;
  }
  Placeholders placeholders = MUST(Placeholders::Create(std::move(names), {}));  // well formed
  EXPECT_TRUE(Projection::Parse(projection, placeholders).ok());
}

TEST(Operators, MayBe300AndNotOneMore) {
  // One comparison and 299 NOTs.
  EXPECT_EQ(ConditionError(Repeat("NOT ", 299) + "a = :v"), "");
  EXPECT_EQ(ConditionError(Repeat("NOT ", 300) + "a = :v"),
            "Invalid ConditionExpression: The expression has too many operators and functions; maximum: 300");
  // 150 comparisons and 149 connectives.
  EXPECT_EQ(ConditionError(Repeat("a=:v AND ", 149) + "a=:v"), "");
  EXPECT_NE(ConditionError(Repeat("a=:v OR ", 151) + "a=:v"), "");
}

TEST(Parentheses, NestedTenThousandDeepAreACleanError) {
  EXPECT_EQ(
      ConditionError(Repeat("(", 10'000)),
      "Invalid ConditionExpression: Expression size has exceeded the maximum allowed size; expression size: 10000");
  EXPECT_EQ(ConditionError(Repeat("(", 4096)),
            "Invalid ConditionExpression: Syntax error; token: \"<EOF>\", near: \"(\"");
  EXPECT_EQ(ConditionError(Repeat("(", 2000) + "a=:v" + Repeat(")", 2000)),
            "Invalid ConditionExpression: The expression has redundant parentheses;");
  EXPECT_EQ(ConditionError("a = " + Repeat("(", 2000) + ":v" + Repeat(")", 2000)),
            "Invalid ConditionExpression: The expression has redundant parentheses;");
  EXPECT_EQ(ConditionError(Repeat("(", 2000) + "a" + Repeat(")", 2000) + " = :v"),
            "Invalid ConditionExpression: The expression has redundant parentheses;");

  Placeholders placeholders = OneNumber();
  const auto update = Update::Parse("SET a = " + Repeat("(", 2000) + ":v" + Repeat(")", 2000), placeholders);
  ASSERT_FALSE(update.ok());
  EXPECT_EQ(update.error().message(), "Invalid UpdateExpression: The expression has redundant parentheses;");
}

TEST(Parentheses, MayNestWhereTheyGroup) {
  // ((((a=:v OR b=:v) AND c=:v) OR …: 140 levels.
  std::string text = Repeat("(", 140) + "a=:v";
  for (int i = 0; i < 140; ++i) text += i % 2 == 0 ? " OR b=:v)" : " AND c=:v)";
  Placeholders placeholders = OneNumber();
  const auto condition = Condition::Parse(text, placeholders);
  ASSERT_TRUE(condition.ok()) << condition.error().message();
  model::Item item;
  item.Set("a", AttributeValue(Number(1)));
  EXPECT_FALSE(condition->Evaluate(item));
  item.Set("c", AttributeValue(Number(1)));
  EXPECT_TRUE(condition->Evaluate(item));
}

TEST(Functions, NestNoDeeperThanTheLimitOfOperators) {
  EXPECT_EQ(ConditionError(Repeat("size(", 700) + "a" + Repeat(")", 500)),
            "Invalid ConditionExpression: The expression has too many operators and functions; maximum: 300");
  std::string text = "SET a=";
  for (int i = 0; i < 200; ++i) text += "if_not_exists(b,";
  text += ":v" + Repeat(")", 200);
  Placeholders placeholders = OneNumber();
  const auto update = Update::Parse(text, placeholders);
  ASSERT_TRUE(update.ok()) << update.error().message();
  const auto item = update->Apply({});
  ASSERT_TRUE(item.ok());
  EXPECT_EQ(*item->Find("a"), AttributeValue(Number(1)));
}

TEST(In, TakesAHundredOperandsAndNotOneMore) {
  EXPECT_EQ(ConditionError("a IN (" + Repeat(":v,", 99) + ":v)"), "");
  EXPECT_EQ(ConditionError("a IN (" + Repeat(":v,", 100) + ":v)"),
            "Invalid ConditionExpression: The IN operator is provided with too many operands; number of operands: 101");
}

TEST(Paths, NestThirtyTwoLevelsAndNotOneMore) {
  EXPECT_EQ(ConditionError("a" + Repeat(".b", 31) + " = :v"), "");
  EXPECT_EQ(ConditionError("a" + Repeat("[1]", 32) + " = :v"),
            "Invalid ConditionExpression: The document path has too many nesting levels; nesting levels: 33");
}

TEST(Paths, EightHundredInOneUpdateAreCheckedForOverlap) {
  std::string text = "REMOVE ";
  for (int i = 0; i < 800; ++i) text += (i == 0 ? "z" : ",z") + std::to_string(i);
  ASSERT_LE(text.size(), 4096U - 3U);
  Placeholders none;
  EXPECT_TRUE(Update::Parse(text, none).ok());
  const auto twice = Update::Parse(text + ",z7", none);
  ASSERT_FALSE(twice.ok());
  EXPECT_EQ(twice.error().message(),
            "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these "
            "paths; path one: [z7], path two: [z7]");
}

TEST(Placeholders, HaveLimits) {
  AttributeValue nested(Number(1));
  for (int i = 0; i < 31; ++i) nested = AttributeValue(model::List{std::move(nested)});
  Placeholders::Values values;
  values.Set(":v", nested);
  EXPECT_TRUE(Placeholders::Create({}, values).ok());
  values.Set(":v", AttributeValue(model::List{std::move(nested)}));
  const auto deep = Placeholders::Create({}, values);
  ASSERT_FALSE(deep.ok());
  EXPECT_EQ(deep.error().message(),
            "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported "
            "limit");

  EXPECT_TRUE(Placeholders::Create({{"#n", std::string(65535, 'n')}}, {}).ok());
  EXPECT_FALSE(Placeholders::Create({{"#n", std::string(65536, 'n')}}, {}).ok());
  EXPECT_TRUE(Placeholders::Create({{"#" + std::string(254, 'n'), "n"}}, {}).ok());
  const auto long_key = Placeholders::Create({{"#" + std::string(255, 'n'), "n"}}, {});
  ASSERT_FALSE(long_key.ok());
  EXPECT_EQ(
      long_key.error().message(),
      "ExpressionAttributeNames contains invalid key: The expression attribute map contains a key that is too long; "
      "size of key: 256");

  Placeholders::Names names;
  for (int i = 0; i < 33; ++i) names["#n" + std::to_string(i)] = std::string(65535, 'n');
  EXPECT_FALSE(Placeholders::Create(std::move(names), {}).ok());
  Placeholders::Values big;
  big.Set(":v", AttributeValue(std::string(2 * 1024 * 1024, 'v')));
  const auto too_big = Placeholders::Create({}, std::move(big));
  ASSERT_FALSE(too_big.ok());
  EXPECT_EQ(too_big.error().message(), "ExpressionAttributeValues exceeds max size");
}

TEST(Placeholders, MayGoBeforeTheExpressionsThatUsedThem) {
  auto placeholders = std::make_unique<Placeholders>(OneValue(AttributeValue(std::string(100, 'v'))));
  const Condition condition = MUST(Condition::Parse("a = :v", *placeholders));            // well formed
  const Update update = MUST(Update::Parse("SET a = list_append(l, m)", *placeholders));  // well formed
  const Update set = MUST(Update::Parse("SET a = :v", *placeholders));                    // well formed
  placeholders.reset();
  model::Item item = MUST(set.Apply({}));  // sets a whole attribute: nothing in the item can forbid it
  EXPECT_TRUE(condition.Evaluate(item));
  EXPECT_FALSE(update.Apply(item).ok());
}

TEST(ReservedWords, AreTheListOfAws) {
  const auto words = ReservedWords();
  EXPECT_EQ(words.size(), 573U);
  EXPECT_TRUE(std::is_sorted(words.begin(), words.end()));
  EXPECT_EQ(std::adjacent_find(words.begin(), words.end()), words.end());
  for (const std::string_view word : words) {
    EXPECT_TRUE(IsReservedWord(word));
    std::string lower(word);
    for (char& c : lower) c = static_cast<char>(c - 'A' + 'a');
    EXPECT_TRUE(IsReservedWord(lower)) << lower;
    EXPECT_EQ(IsReservedWord(lower + "x"),
              std::find(words.begin(), words.end(), std::string(word) + "X") != words.end());
  }
  for (const std::string_view free :
       {"", "a", "pk", "id", "remove", "contains", "attribute_exists", "name2", "_NAME"}) {
    EXPECT_FALSE(IsReservedWord(free)) << free;
  }
}

TEST(UpdateTargets, TellWhatAnUpdateTouches) {
  Placeholders placeholders = OneNumber();
  const Update update = MUST(Update::Parse("SET a.b = :v REMOVE c[1]", placeholders));  // well formed
  ASSERT_EQ(update.targets().size(), 2U);
  EXPECT_EQ(update.targets()[0].ToString(), "[a, b]");
  EXPECT_EQ(update.targets()[1].ToString(), "[c, [1]]");
  EXPECT_FALSE(update.only_removes());
}

TEST(UpdateTargets, OnlyRemovesIsForRemoveAndDelete) {
  Placeholders::Values values;
  values.Set(":s", AttributeValue(model::StringSet{{"x"}}));
  Placeholders placeholders = MUST(Placeholders::Create({}, std::move(values)));  // well formed
  EXPECT_TRUE(MUST(Update::Parse("REMOVE a DELETE b :s", placeholders)).only_removes());
  EXPECT_FALSE(MUST(Update::Parse("REMOVE a ADD b :s", placeholders)).only_removes());
  EXPECT_FALSE(MUST(Update::Parse("SET a = b", placeholders)).only_removes());
}

TEST(ProjectionOfAttributes, TakesWholeAttributesAndCountsRepeatsOnce) {
  model::Item item;
  item.Set("a.b", AttributeValue(Number(1)));
  item.Set("name", AttributeValue(Number(2)));
  item.Set("x", AttributeValue(Number(3)));
  const Projection projection = Projection::OfAttributes({"name", "a.b", "name", "zz"});
  const model::Item part = projection.Project(item);
  EXPECT_EQ(part.size(), 2U);
  EXPECT_NE(part.Find("a.b"), nullptr);
  EXPECT_NE(part.Find("name"), nullptr);
}

}  // namespace
}  // namespace millrace::expr
