// The bytes at rest: what goes in comes out, equal values have equal bytes, the documented example is what is written,
// and no mutation of the bytes does worse than Corruption.
#include "model/codec.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/check.h"
#include "model/dynamodb_json.h"
#include "model/testing/random_value.h"

namespace millrace::model {
namespace {

std::uint64_t Seed() {
  const std::uint64_t seed = SystemRandom().Next();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

AttributeValue S(std::string text) {
  return AttributeValue(std::move(text));
}

std::string Rendered(const Item& item) {
  std::string out;
  AppendDynamoDbJson(out, item);
  return out;
}

// The example of docs/design/values.md.
TEST(Codec, WritesTheDocumentedBytes) {
  Item item;
  item.Set("pk", S("a"));
  item.Set("n", AttributeValue(Number(42)));
  item.Set("l", AttributeValue(List{AttributeValue(true), AttributeValue(Null{})}));
  const std::string expected(
      "\x01\x03"
      "\x01l\x08\x02\x05\x06"
      "\x01n\x02\x81\x83\x2b\x00"
      "\x02pk\x01\x01"
      "a",
      21);
  EXPECT_EQ(EncodeItem(item), expected);
  EXPECT_EQ(EncodeItem(Item()), std::string("\x01\x00", 2));
}

TEST(Codec, RoundTripsRandomItems) {
  SeededRandom random(Seed());
  RandomValue values(&random);
  for (int i = 0; i < 3000; ++i) {
    const Item item = values.NextItem();
    const std::string bytes = EncodeItem(item);
    const auto back = DecodeItem(bytes);
    ASSERT_TRUE(back.ok()) << back.error().ToString();
    ASSERT_EQ(*back, item);
    ASSERT_EQ(EncodeItem(*back), bytes);
    ASSERT_EQ(MUST(StoredSizeBytes(bytes)), SizeBytes(item));
    std::string json = "before";
    ASSERT_TRUE(AppendStoredAsDynamoDbJson(json, bytes).ok());
    ASSERT_EQ(json, "before" + Rendered(item));
  }
}

TEST(Codec, EqualValuesHaveEqualBytes) {
  SeededRandom random(Seed());
  RandomValue values(&random);
  for (int i = 0; i < 1000; ++i) {
    const Item item = values.NextItem();
    // The same attributes, set in another order.
    std::vector<AttributeMap::Entry> entries(item.begin(), item.end());
    for (std::size_t left = entries.size(); left > 1; --left) std::swap(entries[left - 1], entries[random.Below(left)]);
    Item shuffled;
    for (auto& [name, value] : entries) shuffled.Set(name, value);
    ASSERT_EQ(EncodeItem(shuffled), EncodeItem(item));
    const Item other = values.NextItem();
    ASSERT_EQ(EncodeItem(other) == EncodeItem(item), other == item);
  }
  Item one;
  one.Set("n", AttributeValue(MUST(Number::Parse("1.0"))));
  Item same;
  same.Set("n", AttributeValue(MUST(Number::Parse("10e-1"))));
  EXPECT_EQ(EncodeItem(one), EncodeItem(same));
}

// Whatever is decoded is canonical: encoding it again gives the very bytes that were read.
TEST(Codec, MutatedBytesAreCorruptionOrAnotherItem) {
  SeededRandom random(Seed());
  RandomValue values(&random);
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = i % 8 == 0 ? "\x01" + values.NextBytes(60) : EncodeItem(values.NextItem(5, 3));
    switch (random.Below(4)) {
      case 0:
        bytes.resize(random.Below(bytes.size()));
        break;
      case 1:
        bytes.append(values.NextBytes(3));
        break;
      case 2:
        bytes.erase(random.Below(bytes.size()), 1);
        break;
      default:
        for (std::uint64_t left = 1 + random.Below(3); left > 0; --left)
          bytes[random.Below(bytes.size())] = static_cast<char>(static_cast<unsigned char>(random.Next()));
    }
    // A heap copy of the exact size, so that the sanitizer sees a read past its end.
    const std::vector<char> exact(bytes.begin(), bytes.end());
    const std::string_view view(exact.data(), exact.size());
    const auto item = DecodeItem(view);
    const auto size = StoredSizeBytes(view);
    std::string json = "x";
    const Status rendered = AppendStoredAsDynamoDbJson(json, view);
    if (item.ok()) {
      ASSERT_EQ(EncodeItem(*item), bytes);
      ASSERT_TRUE(size.ok());
      ASSERT_EQ(*size, SizeBytes(*item));
      ASSERT_TRUE(rendered.ok());
      ASSERT_EQ(json, "x" + Rendered(*item));
      continue;
    }
    ++refused;
    ASSERT_EQ(item.error().code(), ErrorCode::kCorruption);
    if (!rendered.ok()) {
      ASSERT_EQ(json, "x") << "nothing is left of a failed rendering";
    }
  }
  EXPECT_GT(refused, 5'000);
}

TEST(Codec, RefusesWhatIsNotCanonical) {
  const auto refuses = [](std::string_view bytes) { return !DecodeItem(bytes).ok(); };
  EXPECT_FALSE(
      refuses(std::string_view("\x01\x01\x01"
                               "a\x06",
                               5)));
  EXPECT_TRUE(refuses(""));
  EXPECT_TRUE(refuses(std::string_view("\x01", 1)));
  EXPECT_TRUE(refuses(std::string_view("\x01\x80\x00", 3))) << "a count not in its shortest form";
  EXPECT_TRUE(
      refuses("\x01\x02\x01"
              "b\x06\x01"
              "a\x06"))
      << "names out of order";
  EXPECT_TRUE(
      refuses("\x01\x02\x01"
              "a\x06\x01"
              "a\x06"))
      << "a name twice";
  EXPECT_TRUE(
      refuses(std::string_view("\x01\x01\x01"
                               "a\x09\x00",
                               6)))
      << "an empty set";
  EXPECT_TRUE(
      refuses("\x01\x01\x01"
              "a\x0c"))
      << "an unknown type";
  EXPECT_TRUE(
      refuses("\x01\x01\x01"
              "a\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"))
      << "a length beyond everything";
}

TEST(Codec, NewerVersionsAreRefusedByName) {
  const auto item = DecodeItem("\x02whatever");
  ASSERT_FALSE(item.ok());
  EXPECT_EQ(item.error().message(), "stored item has format version 2; this program reads up to 1");
}

TEST(Codec, DepthIsBounded) {
  const auto nested = [](int depth) {
    std::string bytes =
        "\x01\x01\x01"
        "a";
    for (int i = 0; i < depth; ++i) bytes += "\x08\x01";
    return bytes + "\x06";
  };
  EXPECT_TRUE(DecodeItem(nested(128)).ok());
  std::string json;
  for (const int depth : {129, 1'000'000}) {
    EXPECT_FALSE(DecodeItem(nested(depth)).ok());
    EXPECT_FALSE(StoredSizeBytes(nested(depth)).ok());
    EXPECT_FALSE(AppendStoredAsDynamoDbJson(json, nested(depth)).ok());
  }
}

}  // namespace
}  // namespace millrace::model
