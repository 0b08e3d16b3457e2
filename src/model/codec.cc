#include "model/codec.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "model/decimal.h"
#include "model/stored_reader.h"

namespace millrace::model {
namespace {

void PutType(std::string& out, StoredType type) {
  out.push_back(static_cast<char>(type));
}

void PutMap(std::string& out, const AttributeMap& map) {
  PutVarint(out, map.size());
  for (const auto& [name, value] : map) {
    PutBytes(out, name);
    AppendEncoded(out, value);
  }
}

struct Encoder {
  std::string& out;

  void operator()(const std::string& text) const {
    PutType(out, StoredType::kS);
    PutBytes(out, text);
  }
  void operator()(const Number& number) const {
    PutType(out, StoredType::kN);
    number.AppendKey(out);
  }
  void operator()(const Binary& binary) const {
    PutType(out, StoredType::kB);
    PutBytes(out, binary.bytes);
  }
  void operator()(bool value) const { PutType(out, value ? StoredType::kTrue : StoredType::kFalse); }
  void operator()(Null) const { PutType(out, StoredType::kNull); }
  void operator()(const AttributeMap& map) const {
    PutType(out, StoredType::kM);
    PutMap(out, map);
  }
  void operator()(const List& list) const {
    PutType(out, StoredType::kL);
    PutVarint(out, list.size());
    for (const AttributeValue& element : list) AppendEncoded(out, element);
  }
  void operator()(const StringSet& set) const {
    PutType(out, StoredType::kSs);
    PutSet(set.values);
  }
  void operator()(const NumberSet& set) const {
    PutType(out, StoredType::kNs);
    PutVarint(out, set.values.size());
    for (const Number& number : set.values) number.AppendKey(out);
  }
  void operator()(const BinarySet& set) const {
    PutType(out, StoredType::kBs);
    PutSet(set.values);
  }

 private:
  void PutSet(const std::vector<std::string>& values) const {
    PutVarint(out, values.size());
    for (const std::string& value : values) PutBytes(out, value);
  }
};

// What is reserved on the word of a count that has not been seen to be true.
constexpr std::size_t kReserveMax = 256;

// Builds what the bytes say, as long as they are canonical: names and set members ascend, each once; sets have members.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : reader_(bytes) {}

  bool Decode(Item& item) { return reader_.TakeVersion() && TakeMap(item, 0) && reader_.at_end(); }

 private:
  bool TakeMap(AttributeMap& map, int depth) {
    std::size_t count = 0;
    if (!reader_.TakeCount(count)) return false;
    map.Reserve(std::min(count, kReserveMax));
    std::string_view previous;
    for (std::size_t i = 0; i < count; ++i) {
      std::string_view name;
      AttributeValue value;
      if (!reader_.TakeBytes(name) || (i > 0 && name <= previous) || !TakeValue(value, depth)) return false;
      map.Append(std::string(name), std::move(value));
      previous = name;
    }
    return true;
  }

  bool TakeList(List& list, int depth) {
    std::size_t count = 0;
    if (!reader_.TakeCount(count)) return false;
    list.reserve(std::min(count, kReserveMax));
    for (std::size_t i = 0; i < count; ++i) {
      list.emplace_back();
      if (!TakeValue(list.back(), depth)) return false;
    }
    return true;
  }

  bool TakeSet(std::vector<std::string>& values) {
    std::size_t count = 0;
    if (!reader_.TakeCount(count) || count == 0) return false;
    values.reserve(std::min(count, kReserveMax));
    for (std::size_t i = 0; i < count; ++i) {
      std::string_view bytes;
      if (!reader_.TakeBytes(bytes) || (i > 0 && bytes <= values.back())) return false;
      values.emplace_back(bytes);
    }
    return true;
  }

  bool TakeNumber(Number& number) {
    auto taken = Number::TakeKey(reader_.rest());
    if (!taken.ok()) return false;
    number = *taken;
    return true;
  }

  bool TakeNumberSet(std::vector<Number>& values) {
    std::size_t count = 0;
    if (!reader_.TakeCount(count) || count == 0) return false;
    values.reserve(std::min(count, kReserveMax));
    for (std::size_t i = 0; i < count; ++i) {
      Number number;
      if (!TakeNumber(number) || (i > 0 && number <= values.back())) return false;
      values.push_back(number);
    }
    return true;
  }

  // `depth` is the number of lists and maps around the value.
  bool TakeValue(AttributeValue& value, int depth) {
    StoredType type{};
    if (!reader_.TakeType(type)) return false;
    switch (type) {
      case StoredType::kS: {
        std::string_view text;
        if (!reader_.TakeBytes(text)) return false;
        value = AttributeValue(std::string(text));
        return true;
      }
      case StoredType::kN: {
        Number number;
        if (!TakeNumber(number)) return false;
        value = AttributeValue(number);
        return true;
      }
      case StoredType::kB: {
        std::string_view bytes;
        if (!reader_.TakeBytes(bytes)) return false;
        value = AttributeValue(Binary{std::string(bytes)});
        return true;
      }
      case StoredType::kFalse:
      case StoredType::kTrue:
        value = AttributeValue(type == StoredType::kTrue);
        return true;
      case StoredType::kNull:
        value = AttributeValue(Null{});
        return true;
      case StoredType::kM: {
        AttributeMap map;
        if (depth == kStoredDepthMax || !TakeMap(map, depth + 1)) return false;
        value = AttributeValue(std::move(map));
        return true;
      }
      case StoredType::kL: {
        List list;
        if (depth == kStoredDepthMax || !TakeList(list, depth + 1)) return false;
        value = AttributeValue(std::move(list));
        return true;
      }
      case StoredType::kSs: {
        StringSet set;
        if (!TakeSet(set.values)) return false;
        value = AttributeValue(std::move(set));
        return true;
      }
      case StoredType::kNs: {
        NumberSet set;
        if (!TakeNumberSet(set.values)) return false;
        value = AttributeValue(std::move(set));
        return true;
      }
      case StoredType::kBs: {
        BinarySet set;
        if (!TakeSet(set.values)) return false;
        value = AttributeValue(std::move(set));
        return true;
      }
    }
    return false;
  }

  StoredReader reader_;
};

// Adds up SizeBytes (model/attribute_value.h) over the bytes.
class Measurer {
 public:
  explicit Measurer(std::string_view bytes) : reader_(bytes) {}

  bool Measure() { return reader_.TakeVersion() && TakeMap(0, 0) && reader_.at_end(); }
  std::size_t total() const { return total_; }

 private:
  bool TakeMap(std::size_t bytes_per_entry, int depth) {
    std::size_t count = 0;
    if (!reader_.TakeCount(count)) return false;
    for (std::size_t i = 0; i < count; ++i) {
      total_ += bytes_per_entry;
      if (!TakeText() || !TakeValue(depth)) return false;
    }
    return true;
  }

  bool TakeText() {
    std::string_view text;
    if (!reader_.TakeBytes(text)) return false;
    total_ += text.size();
    return true;
  }

  bool TakeNumber() {
    Decimal decimal;
    if (!reader_.TakeDecimal(decimal)) return false;
    total_ += DecimalSizeBytes(decimal.count, decimal.lead, decimal.negative);
    return true;
  }

  template <class Take>
  bool TakeEach(std::size_t bytes_per_element, Take take) {
    std::size_t count = 0;
    if (!reader_.TakeCount(count)) return false;
    for (std::size_t i = 0; i < count; ++i) {
      total_ += bytes_per_element;
      if (!take()) return false;
    }
    return true;
  }

  bool TakeValue(int depth) {
    StoredType type{};
    if (!reader_.TakeType(type)) return false;
    switch (type) {
      case StoredType::kS:
      case StoredType::kB:
        return TakeText();
      case StoredType::kN:
        return TakeNumber();
      case StoredType::kFalse:
      case StoredType::kTrue:
      case StoredType::kNull:
        total_ += 1;
        return true;
      case StoredType::kM:
        total_ += kCollectionBytes;
        return depth < kStoredDepthMax && TakeMap(kElementBytes, depth + 1);
      case StoredType::kL:
        total_ += kCollectionBytes;
        return depth < kStoredDepthMax && TakeEach(kElementBytes, [&] { return TakeValue(depth + 1); });
      case StoredType::kSs:
      case StoredType::kBs:
        return TakeEach(0, [&] { return TakeText(); });
      case StoredType::kNs:
        return TakeEach(0, [&] { return TakeNumber(); });
    }
    return false;
  }

  StoredReader reader_;
  std::size_t total_ = 0;
};

}  // namespace

void AppendEncoded(std::string& out, const AttributeValue& value) {
  std::visit(Encoder{out}, value.storage());
}

std::string EncodeItem(const Item& item) {
  std::string out;
  out.reserve(512);
  out.push_back(static_cast<char>(kStoredVersion));
  PutMap(out, item);
  return out;
}

StoredItem StoreItem(const Item& item) {
  return {EncodeItem(item), SizeBytes(item)};
}

Result<Item> DecodeItem(std::string_view bytes) {
  Item item;
  if (!Decoder(bytes).Decode(item)) return NotAnItem(bytes);
  return item;
}

Result<std::size_t> StoredSizeBytes(std::string_view encoded_item) {
  Measurer measurer(encoded_item);
  if (!measurer.Measure()) return NotAnItem(encoded_item);
  return measurer.total();
}

}  // namespace millrace::model
