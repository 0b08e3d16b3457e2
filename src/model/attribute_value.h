// AttributeValue is one DynamoDB value of any of the ten types; Item is a map of named ones.
//
// Equality is by value, as DynamoDB Streams decides whether a write changed anything: numbers numerically, sets and
// maps without order, lists in order. Maps and sets are kept sorted, so equality is plain comparison.
//
// Threads:   plain values.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "model/number.h"

namespace millrace::model {

enum class AttributeType : std::uint8_t { kS, kN, kB, kBool, kNull, kM, kL, kSs, kNs, kBs };
// "S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS".
std::string_view AttributeTypeName(AttributeType type);
std::optional<AttributeType> ParseAttributeType(std::string_view name);

class AttributeValue;
using List = std::vector<AttributeValue>;

// A map sorted by name (byte order), small and contiguous.
class AttributeMap {
 public:
  using Entry = std::pair<std::string, AttributeValue>;

  const AttributeValue* Find(std::string_view name) const;
  AttributeValue* Find(std::string_view name);
  // Inserts or replaces.
  void Set(std::string name, AttributeValue value);
  bool Erase(std::string_view name);
  // REQUIRES: names arrive in ascending byte order, each once. For decoders.
  void Append(std::string name, AttributeValue value);
  // Replaces everything by `entries`, in any order; of several with one name the last stays.
  void Assign(std::vector<Entry> entries);
  void Reserve(std::size_t count);
  void Clear();

  std::size_t size() const;
  bool empty() const;
  std::vector<Entry>::const_iterator begin() const;
  std::vector<Entry>::const_iterator end() const;

  bool operator==(const AttributeMap& other) const;

 private:
  std::vector<Entry> entries_;
};

using Item = AttributeMap;

struct Binary {
  std::string bytes;
  auto operator<=>(const Binary&) const = default;
};
struct Null {
  auto operator<=>(const Null&) const = default;
};
// Sorted, without duplicates, never empty.
struct StringSet {
  std::vector<std::string> values;
  bool operator==(const StringSet&) const = default;
};
struct NumberSet {
  std::vector<Number> values;
  bool operator==(const NumberSet&) const = default;
};
struct BinarySet {
  std::vector<std::string> values;
  bool operator==(const BinarySet&) const = default;
};

class AttributeValue {
 public:
  using Storage =
      std::variant<std::string, Number, Binary, bool, Null, AttributeMap, List, StringSet, NumberSet, BinarySet>;

  AttributeValue() : storage_(Null{}) {}
  template <class T>
  requires(!std::same_as<std::remove_cvref_t<T>, AttributeValue>) explicit AttributeValue(T&& value)
      : storage_(std::forward<T>(value)) {}

  // The order of Storage's alternatives is that of AttributeType.
  AttributeType type() const { return static_cast<AttributeType>(storage_.index()); }

  template <class T>
  const T* As() const {
    return std::get_if<T>(&storage_);
  }
  template <class T>
  T* As() {
    return std::get_if<T>(&storage_);
  }
  const std::string* s() const { return As<std::string>(); }
  const Number* n() const { return As<Number>(); }
  const Binary* b() const { return As<Binary>(); }
  const AttributeMap* m() const { return As<AttributeMap>(); }
  const List* l() const { return As<List>(); }

  const Storage& storage() const { return storage_; }

  // Makes this a T, in place.
  template <class T, class... Args>
  T& Emplace(Args&&... args) {
    return storage_.emplace<T>(std::forward<Args>(args)...);
  }

  bool operator==(const AttributeValue& other) const { return storage_ == other.storage_; }

 private:
  Storage storage_;
};

// What a list or map costs by itself, and for each of its elements or entries, on top of their contents.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
inline constexpr std::size_t kCollectionBytes = 3;
inline constexpr std::size_t kElementBytes = 1;

// Bytes that count towards the 400 KB limit. Source: the rules in docs/design/values.md.
std::size_t SizeBytes(const AttributeValue& value);
std::size_t SizeBytes(const Item& item);
// Levels of lists and maps below this value: a scalar has 0, an empty list 1.
std::size_t Depth(const AttributeValue& value);

// Order of two values of one scalar type (S by UTF-8 bytes, N by value, B by unsigned bytes); nullopt otherwise.
std::optional<std::strong_ordering> Compare(const AttributeValue& a, const AttributeValue& b);

}  // namespace millrace::model
