#include "model/dynamodb_json.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "json/write.h"
#include "model/json_shape.h"
#include "model/limits.h"

namespace millrace::model {
namespace {

using json::Value;

Error EmptyAttributeValue() {
  return InvalidArgument("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
}
Error NestedTooDeeply() {
  return InvalidArgument(
      "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported "
      "limit");
}
Error InvalidValue(std::string_view what) {
  return InvalidArgument("One or more parameter values were invalid: {}", what);
}

// "[a, b, c]" as the service echoes a set, cut where it grows too long to be read.
std::string Echo(std::span<const Value> elements) {
  constexpr std::size_t kEchoBytesMax = 1024;
  std::string text = "[";
  for (const Value& element : elements) {
    if (text.size() > 1) text.append(", ");
    if (text.size() + element.string().size() > kEchoBytesMax) {
      text.append("...");
      break;
    }
    text.append(element.string());
  }
  return text + "]";
}

// Sorts; true if two are equal.
template <class T>
bool SortAndFindDuplicate(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  return std::adjacent_find(values.begin(), values.end()) != values.end();
}

Result<AttributeValue> ParseStringSet(std::span<const Value> elements) {
  if (elements.empty()) return InvalidValue("An string set  may not be empty");
  StringSet set;
  set.values.reserve(elements.size());
  for (const Value& element : elements) {
    if (element.is_null()) return InvalidValue("An string set may not have a null string as a member");
    TRY(CheckStringShape(element));
    set.values.emplace_back(element.string());
  }
  if (SortAndFindDuplicate(set.values))
    return InvalidValue(fmt::format("Input collection {} contains duplicates.", Echo(elements)));
  return AttributeValue(std::move(set));
}

Result<AttributeValue> ParseNumberSet(std::span<const Value> elements) {
  if (elements.empty()) return InvalidValue("An number set  may not be empty");
  NumberSet set;
  set.values.reserve(elements.size());
  for (const Value& element : elements) {
    if (element.is_null()) return Number::Parse({}).error();
    TRY(CheckStringShape(element));
    ASSIGN_OR_RETURN(const Number number, Number::Parse(element.string()));
    set.values.push_back(number);
  }
  if (SortAndFindDuplicate(set.values)) return InvalidArgument("Input collection contains duplicates");
  return AttributeValue(std::move(set));
}

Result<AttributeValue> ParseBinarySet(std::span<const Value> elements) {
  if (elements.empty()) return InvalidValue("Binary sets should not be empty");
  BinarySet set;
  set.values.reserve(elements.size());
  for (const Value& element : elements) {
    if (element.is_null()) return InvalidValue("Binary sets may not contain null or empty values");
    TRY(CheckBinaryShape(element));
    auto bytes = Base64Decode(element.string());
    if (!bytes) return NotBase64(element.string());
    set.values.push_back(std::move(*bytes));
  }
  if (SortAndFindDuplicate(set.values))
    return InvalidValue(fmt::format("Input collection {}of type BS contains duplicates.", Echo(elements)));
  return AttributeValue(std::move(set));
}

// `depth` is the number of lists and maps around the value, here and below.
Result<AttributeValue> ParseValue(const Value& json, std::size_t depth);

Result<AttributeValue> ParseList(std::span<const Value> elements, std::size_t depth) {
  if (depth + 1 >= limits::kNestingMax) return NestedTooDeeply();
  List list;
  list.reserve(elements.size());
  for (const Value& element : elements) {
    ASSIGN_OR_RETURN(AttributeValue value, ParseValue(element, depth + 1));
    list.push_back(std::move(value));
  }
  return AttributeValue(std::move(list));
}

Result<AttributeMap> ParseMap(std::span<const json::Member> members, std::size_t depth) {
  std::vector<AttributeMap::Entry> entries;
  entries.reserve(members.size());
  for (const json::Member& member : members) {
    ASSIGN_OR_RETURN(AttributeValue value, ParseValue(member.value, depth));
    entries.emplace_back(member.name, std::move(value));
  }
  AttributeMap map;
  map.Assign(std::move(entries));
  return map;
}

Result<AttributeValue> ParseTyped(AttributeType type, const Value& json, std::size_t depth) {
  switch (type) {
    case AttributeType::kS:
      TRY(CheckStringShape(json));
      return AttributeValue(std::string(json.string()));
    case AttributeType::kN: {
      TRY(CheckStringShape(json));
      ASSIGN_OR_RETURN(const Number number, Number::Parse(json.string()));
      return AttributeValue(number);
    }
    case AttributeType::kB: {
      TRY(CheckBinaryShape(json));
      auto bytes = Base64Decode(json.string());
      if (!bytes) return NotBase64(json.string());
      return AttributeValue(Binary{std::move(*bytes)});
    }
    case AttributeType::kBool:
      TRY(CheckBooleanShape(json));
      return AttributeValue(json.boolean());
    case AttributeType::kNull:
      TRY(CheckBooleanShape(json));
      if (!json.boolean()) return InvalidValue("Null attribute value types must have the value of true");
      return AttributeValue(Null{});
    case AttributeType::kM: {
      TRY(CheckMapShape(json));
      if (depth + 1 >= limits::kNestingMax) return NestedTooDeeply();
      ASSIGN_OR_RETURN(AttributeMap map, ParseMap(json.object(), depth + 1));
      return AttributeValue(std::move(map));
    }
    case AttributeType::kL:
      TRY(CheckListShape(json));
      return ParseList(json.array(), depth);
    case AttributeType::kSs:
      TRY(CheckListShape(json));
      return ParseStringSet(json.array());
    case AttributeType::kNs:
      TRY(CheckListShape(json));
      return ParseNumberSet(json.array());
    case AttributeType::kBs:
      TRY(CheckListShape(json));
      return ParseBinarySet(json.array());
  }
  return EmptyAttributeValue();
}

Result<AttributeValue> ParseValue(const Value& json, std::size_t depth) {
  if (json.is_null()) return EmptyAttributeValue();
  TRY(CheckAttributeValueShape(json));
  std::optional<AttributeValue> value;
  bool several = false;
  for (const json::Member& member : json.object()) {
    const auto type = ParseAttributeType(member.name);
    if (!type || member.value.is_null()) continue;
    several = value.has_value();
    ASSIGN_OR_RETURN(value, ParseTyped(*type, member.value, depth));
    if (several) break;
  }
  if (!value) return EmptyAttributeValue();
  if (several)
    return InvalidArgument(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes");
  return *std::move(value);
}

struct DynamoDbWriter {
  std::string& out;

  void operator()(const std::string& text) const {
    Typed("S", [&] { json::AppendString(out, text); });
  }
  void operator()(const Number& number) const {
    Typed("N", [&] { Quoted(number); });
  }
  void operator()(const Binary& binary) const {
    Typed("B", [&] { QuotedBinary(binary.bytes); });
  }
  void operator()(bool value) const {
    Typed("BOOL", [&] { out.append(value ? "true" : "false"); });
  }
  void operator()(Null) const {
    Typed("NULL", [&] { out.append("true"); });
  }
  void operator()(const AttributeMap& map) const {
    Typed("M", [&] { AppendDynamoDbJson(out, map); });
  }
  void operator()(const List& list) const {
    Typed("L", [&] { Each(list, [&](const AttributeValue& element) { AppendDynamoDbJson(out, element); }); });
  }
  void operator()(const StringSet& set) const {
    Typed("SS", [&] { Each(set.values, [&](const std::string& text) { json::AppendString(out, text); }); });
  }
  void operator()(const NumberSet& set) const {
    Typed("NS", [&] { Each(set.values, [&](const Number& number) { Quoted(number); }); });
  }
  void operator()(const BinarySet& set) const {
    Typed("BS", [&] { Each(set.values, [&](const std::string& bytes) { QuotedBinary(bytes); }); });
  }

 private:
  template <class Write>
  void Typed(std::string_view type, Write write) const {
    out.append("{\"").append(type).append("\":");
    write();
    out.push_back('}');
  }
  template <class Range, class Write>
  void Each(const Range& range, Write write) const {
    out.push_back('[');
    bool first = true;
    for (const auto& element : range) {
      if (!first) out.push_back(',');
      first = false;
      write(element);
    }
    out.push_back(']');
  }
  void Quoted(const Number& number) const {
    out.push_back('"');
    number.AppendTo(out);
    out.push_back('"');
  }
  void QuotedBinary(std::string_view bytes) const {
    out.push_back('"');
    AppendBase64(out, bytes);
    out.push_back('"');
  }
};

struct PlainWriter {
  json::Writer& writer;

  void operator()(const std::string& text) const { writer.String(text); }
  void operator()(const Number& number) const { number.AppendTo(writer.RawValue()); }
  void operator()(const Binary& binary) const { writer.String(Base64Encode(binary.bytes)); }
  void operator()(bool value) const { writer.Bool(value); }
  void operator()(Null) const { writer.Null(); }
  void operator()(const AttributeMap& map) const {
    writer.BeginObject();
    for (const auto& [name, value] : map) {
      writer.Key(name);
      std::visit(*this, value.storage());
    }
    writer.EndObject();
  }
  void operator()(const List& list) const {
    writer.BeginArray();
    for (const AttributeValue& element : list) std::visit(*this, element.storage());
    writer.EndArray();
  }
  void operator()(const StringSet& set) const {
    Each(set.values, [&](const std::string& text) { writer.String(text); });
  }
  void operator()(const NumberSet& set) const { Each(set.values, *this); }
  void operator()(const BinarySet& set) const {
    Each(set.values, [&](const std::string& bytes) { writer.String(Base64Encode(bytes)); });
  }

 private:
  template <class Range, class Write>
  void Each(const Range& range, Write write) const {
    writer.BeginArray();
    for (const auto& element : range) write(element);
    writer.EndArray();
  }
};

}  // namespace

Result<AttributeValue> ParseAttributeValue(const json::Value& json) {
  auto value = ParseValue(json, 0);
  if (!value.ok() && value.error().reason() != reason::kSerialization) TRY(CheckDeepShape(json));
  return value;
}

Result<Item> ParseItem(const json::Value& json) {
  TRY(CheckMapShape(json));
  auto item = ParseMap(json.object(), 0);
  if (!item.ok() && item.error().reason() != reason::kSerialization)
    for (const json::Member& member : json.object()) TRY(CheckDeepShape(member.value));
  return item;
}

void AppendDynamoDbJson(std::string& out, const AttributeValue& value) {
  std::visit(DynamoDbWriter{out}, value.storage());
}

void AppendDynamoDbJson(std::string& out, const Item& item) {
  out.push_back('{');
  bool first = true;
  for (const auto& [name, value] : item) {
    if (!first) out.push_back(',');
    first = false;
    json::AppendString(out, name);
    out.push_back(':');
    AppendDynamoDbJson(out, value);
  }
  out.push_back('}');
}

void AppendPlainJson(std::string& out, const AttributeValue& value) {
  json::Writer writer(&out);
  std::visit(PlainWriter{writer}, value.storage());
}

void AppendPlainJson(std::string& out, const Item& item) {
  json::Writer writer(&out);
  PlainWriter{writer}(item);
}

}  // namespace millrace::model
