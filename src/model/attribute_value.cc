#include "model/attribute_value.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace millrace::model {
namespace {

constexpr std::array<std::string_view, 10> kTypeNames = {"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"};
static_assert(kTypeNames.size() == std::variant_size_v<AttributeValue::Storage>);

// Where `name` is or belongs. Works on const and mutable entries.
template <class Entries>
auto LowerBound(Entries& entries, std::string_view name) {
  return std::lower_bound(
      entries.begin(), entries.end(), name,
      [](const AttributeMap::Entry& entry, std::string_view wanted) { return entry.first < wanted; });
}

std::size_t TotalBytes(const std::vector<std::string>& values) {
  std::size_t total = 0;
  for (const std::string& value : values) total += value.size();
  return total;
}

struct SizeOf {
  std::size_t operator()(const std::string& s) const { return s.size(); }
  std::size_t operator()(const Number& n) const { return n.SizeBytes(); }
  std::size_t operator()(const Binary& b) const { return b.bytes.size(); }
  std::size_t operator()(bool) const { return 1; }
  std::size_t operator()(Null) const { return 1; }
  std::size_t operator()(const AttributeMap& map) const {
    return kCollectionBytes + kElementBytes * map.size() + SizeBytes(map);
  }
  std::size_t operator()(const List& list) const {
    std::size_t total = kCollectionBytes;
    for (const AttributeValue& element : list) total += kElementBytes + SizeBytes(element);
    return total;
  }
  std::size_t operator()(const StringSet& set) const { return TotalBytes(set.values); }
  std::size_t operator()(const BinarySet& set) const { return TotalBytes(set.values); }
  std::size_t operator()(const NumberSet& set) const {
    std::size_t total = 0;
    for (const Number& number : set.values) total += number.SizeBytes();
    return total;
  }
};

}  // namespace

std::string_view AttributeTypeName(AttributeType type) {
  return kTypeNames[static_cast<std::size_t>(type)];
}

std::optional<AttributeType> ParseAttributeType(std::string_view name) {
  for (std::size_t i = 0; i < kTypeNames.size(); ++i)
    if (kTypeNames[i] == name) return static_cast<AttributeType>(i);
  return std::nullopt;
}

const AttributeValue* AttributeMap::Find(std::string_view name) const {
  const auto at = LowerBound(entries_, name);
  return at != entries_.end() && at->first == name ? &at->second : nullptr;
}

AttributeValue* AttributeMap::Find(std::string_view name) {
  const auto at = LowerBound(entries_, name);
  return at != entries_.end() && at->first == name ? &at->second : nullptr;
}

void AttributeMap::Set(std::string name, AttributeValue value) {
  if (entries_.empty() || entries_.back().first < name) {
    entries_.emplace_back(std::move(name), std::move(value));
    return;
  }
  const auto at = LowerBound(entries_, name);
  if (at->first == name) {
    at->second = std::move(value);
  } else {
    entries_.emplace(at, std::move(name), std::move(value));
  }
}

bool AttributeMap::Erase(std::string_view name) {
  const auto at = LowerBound(entries_, name);
  if (at == entries_.end() || at->first != name) return false;
  entries_.erase(at);
  return true;
}

void AttributeMap::Append(std::string name, AttributeValue value) {
  DCHECK(entries_.empty() || entries_.back().first < name, "names arrive in ascending order");
  entries_.emplace_back(std::move(name), std::move(value));
}

void AttributeMap::Assign(std::vector<Entry> entries) {
  entries_ = std::move(entries);
  const auto not_before = [](const Entry& a, const Entry& b) { return !(a.first < b.first); };
  if (std::adjacent_find(entries_.begin(), entries_.end(), not_before) == entries_.end()) return;
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.first < b.first; });
  const auto same_name = [](const Entry& a, const Entry& b) { return a.first == b.first; };
  // Backwards, std::unique keeps the last of each name; what it keeps gathers at the end.
  const auto kept = std::unique(entries_.rbegin(), entries_.rend(), same_name);
  entries_.erase(entries_.begin(), kept.base());
}

void AttributeMap::Reserve(std::size_t count) {
  entries_.reserve(count);
}
void AttributeMap::Clear() {
  entries_.clear();
}
std::size_t AttributeMap::size() const {
  return entries_.size();
}
bool AttributeMap::empty() const {
  return entries_.empty();
}
std::vector<AttributeMap::Entry>::const_iterator AttributeMap::begin() const {
  return entries_.begin();
}
std::vector<AttributeMap::Entry>::const_iterator AttributeMap::end() const {
  return entries_.end();
}
bool AttributeMap::operator==(const AttributeMap& other) const {
  return entries_ == other.entries_;
}

std::size_t SizeBytes(const AttributeValue& value) {
  return std::visit(SizeOf{}, value.storage());
}

std::size_t SizeBytes(const Item& item) {
  std::size_t total = 0;
  for (const auto& [name, value] : item) total += name.size() + SizeBytes(value);
  return total;
}

std::size_t Depth(const AttributeValue& value) {
  std::size_t deepest = 0;
  if (const List* list = value.l()) {
    for (const AttributeValue& element : *list) deepest = std::max(deepest, Depth(element));
    return deepest + 1;
  }
  if (const AttributeMap* map = value.m()) {
    for (const auto& [name, element] : *map) deepest = std::max(deepest, Depth(element));
    return deepest + 1;
  }
  return 0;
}

std::optional<std::strong_ordering> Compare(const AttributeValue& a, const AttributeValue& b) {
  if (a.type() != b.type()) return std::nullopt;
  switch (a.type()) {
    case AttributeType::kS:
      return *a.s() <=> *b.s();  // std::string compares unsigned bytes
    case AttributeType::kN:
      return *a.n() <=> *b.n();
    case AttributeType::kB:
      return *a.b() <=> *b.b();
    default:
      return std::nullopt;
  }
}

}  // namespace millrace::model
