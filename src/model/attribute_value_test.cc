// AttributeValue and Item: equality by value, maps sorted whatever the order of insertion, sizes by AWS's rules.
#include "model/attribute_value.h"

#include <gtest/gtest.h>

#include "base/check.h"

namespace millrace::model {
namespace {

Number N(std::string_view text) {
  return MUST(Number::Parse(text));
}
AttributeValue S(std::string text) {
  return AttributeValue(std::move(text));
}

Item ItemOf(std::initializer_list<std::pair<const char*, AttributeValue>> entries) {
  Item item;
  for (const auto& [name, value] : entries) item.Set(name, value);
  return item;
}

TEST(AttributeValue, TypesKeepTheOrderOfTheirStorage) {
  EXPECT_EQ(S("x").type(), AttributeType::kS);
  EXPECT_EQ(AttributeValue(N("1")).type(), AttributeType::kN);
  EXPECT_EQ(AttributeValue(Binary{"x"}).type(), AttributeType::kB);
  EXPECT_EQ(AttributeValue(true).type(), AttributeType::kBool);
  EXPECT_EQ(AttributeValue().type(), AttributeType::kNull);
  EXPECT_EQ(AttributeValue(AttributeMap()).type(), AttributeType::kM);
  EXPECT_EQ(AttributeValue(List()).type(), AttributeType::kL);
  EXPECT_EQ(AttributeValue(StringSet{{"a"}}).type(), AttributeType::kSs);
  EXPECT_EQ(AttributeValue(NumberSet{{N("1")}}).type(), AttributeType::kNs);
  EXPECT_EQ(AttributeValue(BinarySet{{"a"}}).type(), AttributeType::kBs);
  for (const char* name : {"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"})
    EXPECT_EQ(AttributeTypeName(ParseAttributeType(name).value()), name);
  EXPECT_FALSE(ParseAttributeType("s"));
  EXPECT_FALSE(ParseAttributeType(""));
}

TEST(AttributeValue, EqualsByValue) {
  EXPECT_EQ(AttributeValue(N("1.0")), AttributeValue(N("1e0")));
  EXPECT_NE(S("1"), AttributeValue(N("1")));
  EXPECT_NE(S("a"), AttributeValue(Binary{"a"}));
  EXPECT_EQ(AttributeValue(ItemOf({{"a", S("1")}, {"b", S("2")}})),
            AttributeValue(ItemOf({{"b", S("2")}, {"a", S("1")}})));
  EXPECT_NE(AttributeValue(List{S("1"), S("2")}), AttributeValue(List{S("2"), S("1")}));
}

TEST(AttributeMap, StaysSortedWhateverTheOrderOfInsertion) {
  Item item = ItemOf({{"m", S("1")}, {"a", S("2")}, {"z", S("3")}, {"m", S("4")}, {"\xc3\xa9", S("5")}});
  std::vector<std::string> names;
  for (const auto& [name, value] : item) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"a", "m", "z", "\xc3\xa9"}));
  EXPECT_EQ(*item.Find("m"), S("4"));
  EXPECT_EQ(item.Find("b"), nullptr);
  EXPECT_EQ(item.Find(""), nullptr);
  EXPECT_TRUE(item.Erase("a"));
  EXPECT_FALSE(item.Erase("a"));
  EXPECT_EQ(item.size(), 3u);
  *item.Find("z") = S("6");
  EXPECT_EQ(*std::as_const(item).Find("z"), S("6"));

  Item assigned;
  std::vector<AttributeMap::Entry> entries;
  entries.emplace_back("b", S("0"));
  entries.emplace_back("b", S("2"));
  entries.emplace_back("a", S("1"));
  assigned.Assign(std::move(entries));
  EXPECT_EQ(assigned, ItemOf({{"a", S("1")}, {"b", S("2")}}));
  assigned.Clear();
  EXPECT_TRUE(assigned.empty());
}

TEST(AttributeValue, CostsWhatAwsCounts) {
  EXPECT_EQ(SizeBytes(S("caf\xc3\xa9")), 5u);
  EXPECT_EQ(SizeBytes(AttributeValue(N("3.14159"))), 5u);
  EXPECT_EQ(SizeBytes(AttributeValue(Binary{std::string("\0\1", 2)})), 2u);
  EXPECT_EQ(SizeBytes(AttributeValue(false)), 1u);
  EXPECT_EQ(SizeBytes(AttributeValue(Null{})), 1u);
  EXPECT_EQ(SizeBytes(AttributeValue(List{})), 3u);
  EXPECT_EQ(SizeBytes(AttributeValue(AttributeMap{})), 3u);
  EXPECT_EQ(SizeBytes(AttributeValue(List{S("abc"), AttributeValue(true)})), 3u + (1 + 3) + (1 + 1));
  EXPECT_EQ(SizeBytes(AttributeValue(ItemOf({{"name", S("Ada")}}))), 3u + (1 + 4 + 3));
  EXPECT_EQ(SizeBytes(AttributeValue(StringSet{{"a", "bcd"}})), 4u);
  EXPECT_EQ(SizeBytes(AttributeValue(NumberSet{{N("1"), N("123")}})), 5u);
  EXPECT_EQ(SizeBytes(AttributeValue(BinarySet{{"a", "bc"}})), 3u);
  EXPECT_EQ(SizeBytes(ItemOf({{"pk", S("a")}, {"n", AttributeValue(N("12"))}})), (2u + 1) + (1u + 2));
  EXPECT_EQ(SizeBytes(Item()), 0u);
}

TEST(AttributeValue, DepthCountsListsAndMaps) {
  EXPECT_EQ(Depth(S("a")), 0u);
  EXPECT_EQ(Depth(AttributeValue(StringSet{{"a"}})), 0u);
  EXPECT_EQ(Depth(AttributeValue(List{})), 1u);
  EXPECT_EQ(Depth(AttributeValue(List{S("a"), AttributeValue(ItemOf({{"x", AttributeValue(List{})}}))})), 3u);
}

TEST(AttributeValue, ComparesScalarsOfOneTypeOnly) {
  EXPECT_EQ(Compare(S("a"), S("b")), std::strong_ordering::less);
  EXPECT_EQ(Compare(S("\x7f"), S("\xc3\xa9")), std::strong_ordering::less) << "bytes are unsigned";
  EXPECT_EQ(Compare(AttributeValue(N("10")), AttributeValue(N("9"))), std::strong_ordering::greater);
  EXPECT_EQ(Compare(AttributeValue(Binary{"\xff"}), AttributeValue(Binary{"\x01"})), std::strong_ordering::greater);
  EXPECT_EQ(Compare(S("1"), AttributeValue(N("1"))), std::nullopt);
  EXPECT_EQ(Compare(AttributeValue(true), AttributeValue(true)), std::nullopt);
}

}  // namespace
}  // namespace millrace::model
