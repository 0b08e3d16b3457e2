// Keys: AWS's words for every way a key can be wrong, byte order equal to value order, keys back to attributes.
#include "model/key.h"

#include <gtest/gtest.h>

#include <set>

#include "model/limits.h"
#include "model/testing/random_value.h"

namespace millrace::model {
namespace {

AttributeValue S(std::string text) {
  return AttributeValue(std::move(text));
}
AttributeValue N(std::string_view text) {
  return AttributeValue(MUST(Number::Parse(text)));
}
AttributeValue B(std::string bytes) {
  return AttributeValue(Binary{std::move(bytes)});
}

KeySchema Schema(AttributeType partition) {
  return {{"pk", partition}, std::nullopt};
}
KeySchema Schema(AttributeType partition, AttributeType sort) {
  return {{"pk", partition}, KeyAttribute{"sk", sort}};
}

Item ItemOf(std::initializer_list<std::pair<const char*, AttributeValue>> entries) {
  Item item;
  for (const auto& [name, value] : entries) item.Set(name, value);
  return item;
}

std::string Message(const Result<ItemKey>& key) {
  return key.ok() ? "ok" : key.error().message();
}

TEST(Key, OfItemNamesWhatIsWrong) {
  const KeySchema schema = Schema(AttributeType::kS, AttributeType::kB);
  const auto message = [&](Item item) { return Message(KeyOfItem(schema, item)); };
  EXPECT_EQ(message(ItemOf({{"pk", S("a")}, {"sk", B("b")}, {"more", S("c")}})), "ok");
  EXPECT_EQ(message(ItemOf({{"sk", B("b")}})),
            "One or more parameter values were invalid: Missing the key pk in the item");
  EXPECT_EQ(message(ItemOf({{"pk", S("b")}})),
            "One or more parameter values were invalid: Missing the key sk in the item");
  EXPECT_EQ(message(ItemOf({{"pk", N("1")}, {"sk", B("b")}})),
            "One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N");
  EXPECT_EQ(
      message(ItemOf({{"pk", S("")}, {"sk", B("b")}})),
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
      "string value. Key: pk");
  EXPECT_EQ(
      message(ItemOf({{"pk", S("a")}, {"sk", B("")}})),
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
      "binary value. Key: sk");
  EXPECT_EQ(message(ItemOf({{"pk", S(std::string(2048, 'a'))}, {"sk", B(std::string(1024, 'a'))}})), "ok");
  EXPECT_EQ(
      message(ItemOf({{"pk", S(std::string(2049, 'a'))}, {"sk", B("b")}})),
      "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes");
  EXPECT_EQ(
      message(ItemOf({{"pk", S("a")}, {"sk", B(std::string(1025, 'a'))}})),
      "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of "
      "1024 bytes");
}

TEST(Key, OfKeyItemHoldsExactlyTheKey) {
  constexpr const char* kMismatch = "The provided key element does not match the schema";
  const KeySchema schema = Schema(AttributeType::kS, AttributeType::kN);
  const auto message = [&](Item item) { return Message(KeyOfKeyItem(schema, item)); };
  EXPECT_EQ(message(ItemOf({{"pk", S("a")}, {"sk", N("1")}})), "ok");
  EXPECT_EQ(message(ItemOf({{"pk", S("a")}})), kMismatch);
  EXPECT_EQ(message(ItemOf({{"pk", S("a")}, {"sk", S("1")}})), kMismatch);
  EXPECT_EQ(message(ItemOf({{"pk", S("a")}, {"xx", N("1")}})), kMismatch);
  EXPECT_EQ(message(ItemOf({{"pk", S("a")}, {"sk", N("1")}, {"more", N("1")}})), kMismatch);
  EXPECT_EQ(message(Item()), kMismatch);
  EXPECT_EQ(
      message(ItemOf({{"pk", S("")}, {"sk", N("1")}})),
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
      "string value. Key: pk");
}

TEST(Key, BytesOrderItemsOfOnePartitionBySortKey) {
  SeededRandom random([] {
    const std::uint64_t seed = SystemRandom().Next();
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    return seed;
  }());
  RandomValue values(&random);
  for (const AttributeType type : {AttributeType::kS, AttributeType::kN, AttributeType::kB}) {
    for (int i = 0; i < 2000; ++i) {
      const AttributeValue partition = values.NextKeyValue(static_cast<AttributeType>(i % 3));
      const AttributeValue a = values.NextKeyValue(type);
      const AttributeValue b = values.NextKeyValue(type);
      const ItemKey key_a(partition, &a);
      const ItemKey key_b(partition, &b);
      ASSERT_EQ(key_a.bytes().compare(key_b.bytes()) <=> 0, *Compare(a, b));
      ASSERT_EQ(key_a.partition_prefix(), key_b.partition_prefix());
      ASSERT_EQ(key_a.hash(), PartitionHash(key_a.partition_bytes()));
      std::string sort;
      AppendKeyBytes(sort, a);
      ASSERT_EQ(key_a.sort_bytes(), sort);
    }
  }
}

TEST(Key, GoesBackToItsAttributes) {
  SeededRandom random(7);
  RandomValue values(&random);
  for (const AttributeType partition : {AttributeType::kS, AttributeType::kN, AttributeType::kB}) {
    for (const AttributeType sort : {AttributeType::kS, AttributeType::kN, AttributeType::kB}) {
      for (const KeySchema& schema : {Schema(partition), Schema(partition, sort)}) {
        const Item item = values.NextItem(schema);
        const auto key = KeyOfItem(schema, item);
        ASSERT_TRUE(key.ok());
        const auto back = ItemOfKey(schema, *key);
        ASSERT_TRUE(back.ok()) << back.error().ToString();
        EXPECT_EQ(*back, KeyItemOf(schema, item));
        EXPECT_EQ(MUST(KeyOfKeyItem(schema, *back)), *key);
      }
    }
  }
}

TEST(Key, TamperedBytesAreCorruptionAndNeverLeaveTheKey) {
  SeededRandom random(11);
  RandomValue values(&random);
  const KeySchema schema = Schema(AttributeType::kN, AttributeType::kN);
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = i % 4 == 0 ? values.NextBytes(20) : MUST(KeyOfItem(schema, values.NextItem(schema))).bytes();
    if (!bytes.empty())
      bytes[random.Below(bytes.size())] = static_cast<char>(static_cast<unsigned char>(random.Next()));
    if (i % 3 == 0) bytes.resize(random.Below(bytes.size() + 1));
    const ItemKey key(bytes);
    EXPECT_EQ(std::string(key.partition_prefix()) + std::string(key.sort_bytes()), bytes);
    (void)key.hash();
    const auto item = ItemOfKey(schema, key);
    if (!item.ok()) {
      ++refused;
      ASSERT_EQ(item.error().code(), ErrorCode::kCorruption);
    } else {
      ASSERT_EQ(MUST(KeyOfKeyItem(schema, *item)), key);
    }
  }
  EXPECT_GT(refused, 10'000);
}

// On disk: these values never change.
TEST(Key, PartitionHashIsFixed) {
  EXPECT_EQ(PartitionHash(""), 0xefd0);
  EXPECT_EQ(PartitionHash("a"), 0x82a2);
  EXPECT_EQ(PartitionHash("user#1"), 0xcbd9);
  EXPECT_EQ(PartitionHash("user#2"), 0x4214);
}

TEST(Key, PartitionHashSpreadsSequentialKeys) {
  constexpr int kKeys = 64'000;
  std::array<int, 64> buckets{};
  for (int i = 0; i < kKeys; ++i) ++buckets[PartitionHash("user#" + std::to_string(i)) >> 10];
  for (const int count : buckets) {
    EXPECT_GT(count, kKeys / 64 * 8 / 10);
    EXPECT_LT(count, kKeys / 64 * 12 / 10);
  }
}

}  // namespace
}  // namespace millrace::model
