// RandomValue makes numbers, attribute values and items for randomised tests: every type, the extremes of every type.
//
//   SeededRandom random(seed);  RandomValue values(&random);  Item item = values.NextItem();
//
// Threads:   externally synchronised.
// Ownership: the Random outlives it.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "model/attribute_value.h"
#include "model/key.h"

namespace millrace::model {

class RandomValue {
 public:
  explicit RandomValue(Random* random) : random_(*random) {}

  // What a client may write for a number: 1 to 38 digits, leading and trailing zeros, a point, an exponent; in range.
  std::string NextNumberText() {
    const int count = 1 + static_cast<int>(Below(Below(4) == 0 ? 38 : 9));
    const int lead = Below(3) == 0 ? static_cast<int>(Below(256)) - 130 : static_cast<int>(Below(12)) - 4;
    std::string digits(1, static_cast<char>('1' + Below(9)));
    while (static_cast<int>(digits.size()) < count) digits.push_back(NextDigit());

    // The point after `place` digits, and the exponent that puts the first digit at 10^lead again.
    const int place = static_cast<int>(Below(static_cast<std::uint64_t>(count) + 1));
    const int exponent = lead - (place - 1);
    std::string text = Below(3) == 0 ? "-" : Below(10) == 0 ? "+" : "";
    text.append(Below(4), '0');
    text.append(digits, 0, static_cast<std::size_t>(place));
    if (place < count) {
      text.append(".").append(digits, static_cast<std::size_t>(place));
      text.append(Below(3), '0');
    }
    if (exponent != 0) text.append(Below(2) == 0 ? "e" : "E").append(std::to_string(exponent));
    return text;
  }

  Number NextNumber() {
    switch (Below(8)) {
      case 0:
        return Number();
      case 1:
        return Number(static_cast<std::int64_t>(Below(200)) - 100);
      default:
        return MUST(Number::Parse(NextNumberText()));  // NextNumberText stays in range
    }
  }

  // Valid UTF-8 of up to `bytes_max` bytes, now and then with characters that JSON escapes.
  std::string NextText(std::size_t bytes_max = 40) {
    static constexpr const char* kPieces[] = {"a",  "B",    "7",    " ",        "key",          "\"",
                                              "\\", "\n",   "\x01", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                                              "/",  "\x7f", "_",    "-"};
    const std::size_t target = Below(bytes_max + 1);
    std::string text;
    for (;;) {
      const std::string piece = kPieces[Below(std::size(kPieces))];
      if (text.size() + piece.size() > target) return text;
      text.append(piece);
    }
  }

  std::string NextBytes(std::size_t bytes_max = 40) {
    std::string bytes(Below(bytes_max + 1), '\0');
    for (char& byte : bytes) byte = static_cast<char>(static_cast<unsigned char>(Below(256)));
    return bytes;
  }

  // A value with at most `depth` levels of lists and maps.
  AttributeValue NextValue(std::size_t depth = 4) {
    // Types are drawn in AttributeType's order; M and L only while there are levels left.
    const auto type = static_cast<AttributeType>(Below(10));
    switch (type) {
      case AttributeType::kS:
        return AttributeValue(NextText());
      case AttributeType::kN:
        return AttributeValue(NextNumber());
      case AttributeType::kB:
        return AttributeValue(Binary{NextBytes()});
      case AttributeType::kBool:
        return AttributeValue(Below(2) == 0);
      case AttributeType::kNull:
        return AttributeValue(Null{});
      case AttributeType::kM:
        return depth == 0 ? AttributeValue(NextText()) : AttributeValue(NextMap(4, depth - 1));
      case AttributeType::kL: {
        if (depth == 0) return AttributeValue(NextNumber());
        List list;
        for (std::uint64_t left = Below(5); left > 0; --left) list.push_back(NextValue(depth - 1));
        return AttributeValue(std::move(list));
      }
      case AttributeType::kSs:
        return AttributeValue(StringSet{NextSet<std::string>([this] { return NextText(12); })});
      case AttributeType::kNs:
        return AttributeValue(NumberSet{NextSet<Number>([this] { return NextNumber(); })});
      case AttributeType::kBs:
        return AttributeValue(BinarySet{NextSet<std::string>([this] { return NextBytes(12); })});
    }
    return AttributeValue();
  }

  Item NextItem(std::size_t attributes_max = 8, std::size_t depth = 3) { return NextMap(attributes_max, depth); }

  // An item that `schema` accepts as a whole: its key attributes and a few more.
  Item NextItem(const KeySchema& schema) {
    Item item = NextItem();
    item.Set(schema.partition.name, NextKeyValue(schema.partition.type));
    if (schema.sort) item.Set(schema.sort->name, NextKeyValue(schema.sort->type));
    return item;
  }

  // A non-empty S, N or B.
  AttributeValue NextKeyValue(AttributeType type) {
    switch (type) {
      case AttributeType::kN:
        return AttributeValue(NextNumber());
      case AttributeType::kB:
        return AttributeValue(Binary{NextBytes(16) + NextDigit()});
      default:
        return AttributeValue(NextText(16) + NextDigit());
    }
  }

 private:
  std::uint64_t Below(std::uint64_t bound) { return random_.Below(bound); }
  char NextDigit() { return static_cast<char>('0' + Below(10)); }

  AttributeMap NextMap(std::size_t entries_max, std::size_t depth) {
    AttributeMap map;
    for (std::uint64_t left = Below(entries_max + 1); left > 0; --left) map.Set(NextText(10) + "n", NextValue(depth));
    return map;
  }

  template <class T, class Make>
  std::vector<T> NextSet(Make make) {
    std::vector<T> values;
    for (std::uint64_t left = 1 + Below(4); left > 0; --left) values.push_back(make());
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
  }

  Random& random_;
};

}  // namespace millrace::model
