#include "model/dynamodb_json.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
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

// What a value is parsed into is passed in, so that it is built where it stays.
Status ParseStringSet(std::span<const Value> elements, AttributeValue& out) {
  if (elements.empty()) return InvalidValue("An string set  may not be empty");
  auto& values = out.Emplace<StringSet>().values;
  values.reserve(elements.size());
  for (const Value& element : elements) {
    if (element.is_null()) return InvalidValue("An string set may not have a null string as a member");
    TRY(CheckStringShape(element));
    values.emplace_back(element.string());
  }
  if (SortAndFindDuplicate(values))
    return InvalidValue(fmt::format("Input collection {} contains duplicates.", Echo(elements)));
  return Ok();
}

Status ParseNumberSet(std::span<const Value> elements, AttributeValue& out) {
  if (elements.empty()) return InvalidValue("An number set  may not be empty");
  auto& values = out.Emplace<NumberSet>().values;
  values.reserve(elements.size());
  for (const Value& element : elements) {
    if (element.is_null()) return Number::Parse({}).error();
    TRY(CheckStringShape(element));
    ASSIGN_OR_RETURN(const Number number, Number::Parse(element.string()));
    values.push_back(number);
  }
  if (SortAndFindDuplicate(values)) return InvalidArgument("Input collection contains duplicates");
  return Ok();
}

Status ParseBinarySet(std::span<const Value> elements, AttributeValue& out) {
  if (elements.empty()) return InvalidValue("Binary sets should not be empty");
  auto& values = out.Emplace<BinarySet>().values;
  values.reserve(elements.size());
  for (const Value& element : elements) {
    if (element.is_null()) return InvalidValue("Binary sets may not contain null or empty values");
    TRY(CheckBinaryShape(element));
    auto bytes = Base64Decode(element.string());
    if (!bytes) return NotBase64(element.string());
    values.push_back(std::move(*bytes));
  }
  if (SortAndFindDuplicate(values))
    return InvalidValue(fmt::format("Input collection {}of type BS contains duplicates.", Echo(elements)));
  return Ok();
}

// `depth` is the number of lists and maps around the value, here and below.
Status ParseValue(const Value& json, std::size_t depth, AttributeValue& out);

Status ParseList(std::span<const Value> elements, std::size_t depth, AttributeValue& out) {
  if (depth + 1 >= limits::kNestingMax) return NestedTooDeeply();
  List& list = out.Emplace<List>();
  list.reserve(elements.size());
  for (const Value& element : elements) TRY(ParseValue(element, depth + 1, list.emplace_back()));
  return Ok();
}

// Each entry is built where the order of names puts it: moving entries to sort them costs more than anything else here.
Status ParseMap(std::span<const json::Member> members, std::size_t depth, AttributeMap& out) {
  std::vector<std::uint32_t> by_name(members.size());
  std::iota(by_name.begin(), by_name.end(), 0u);
  std::sort(by_name.begin(), by_name.end(), [&](std::uint32_t a, std::uint32_t b) {
    const auto names = members[a].name <=> members[b].name;
    return names != 0 ? names < 0 : a < b;
  });
  std::vector<std::uint32_t> place(members.size());
  for (std::uint32_t i = 0; i < by_name.size(); ++i) place[by_name[i]] = i;

  std::vector<AttributeMap::Entry> entries(members.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    AttributeMap::Entry& entry = entries[place[i]];
    entry.first = members[i].name;
    TRY(ParseValue(members[i].value, depth, entry.second));
  }
  out.Assign(std::move(entries));
  return Ok();
}

Status ParseTyped(AttributeType type, const Value& json, std::size_t depth, AttributeValue& out) {
  switch (type) {
    case AttributeType::kS:
      TRY(CheckStringShape(json));
      out.Emplace<std::string>(json.string());
      return Ok();
    case AttributeType::kN: {
      TRY(CheckStringShape(json));
      ASSIGN_OR_RETURN(const Number number, Number::Parse(json.string()));
      out.Emplace<Number>(number);
      return Ok();
    }
    case AttributeType::kB: {
      TRY(CheckBinaryShape(json));
      auto bytes = Base64Decode(json.string());
      if (!bytes) return NotBase64(json.string());
      out.Emplace<Binary>(Binary{std::move(*bytes)});
      return Ok();
    }
    case AttributeType::kBool:
      TRY(CheckBooleanShape(json));
      out.Emplace<bool>(json.boolean());
      return Ok();
    case AttributeType::kNull:
      TRY(CheckBooleanShape(json));
      if (!json.boolean()) return InvalidValue("Null attribute value types must have the value of true");
      out.Emplace<Null>();
      return Ok();
    case AttributeType::kM:
      TRY(CheckMapShape(json));
      if (depth + 1 >= limits::kNestingMax) return NestedTooDeeply();
      return ParseMap(json.object(), depth + 1, out.Emplace<AttributeMap>());
    case AttributeType::kL:
      TRY(CheckListShape(json));
      return ParseList(json.array(), depth, out);
    case AttributeType::kSs:
      TRY(CheckListShape(json));
      return ParseStringSet(json.array(), out);
    case AttributeType::kNs:
      TRY(CheckListShape(json));
      return ParseNumberSet(json.array(), out);
    case AttributeType::kBs:
      TRY(CheckListShape(json));
      return ParseBinarySet(json.array(), out);
  }
  return EmptyAttributeValue();
}

Status ParseValue(const Value& json, std::size_t depth, AttributeValue& out) {
  if (json.is_null()) return EmptyAttributeValue();
  TRY(CheckAttributeValueShape(json));
  int values = 0;
  for (const json::Member& member : json.object()) {
    const auto type = ParseAttributeType(member.name);
    if (!type || member.value.is_null()) continue;
    TRY(ParseTyped(*type, member.value, depth, out));
    if (++values == 2) break;
  }
  if (values == 0) return EmptyAttributeValue();
  if (values == 2)
    return InvalidArgument(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes");
  return Ok();
}

Status ParsePlain(const Value& json, std::size_t depth, AttributeValue& out) {
  switch (json.type()) {
    case json::Type::kNull:
      out.Emplace<Null>();
      return Ok();
    case json::Type::kBool:
      out.Emplace<bool>(json.boolean());
      return Ok();
    case json::Type::kNumber: {
      ASSIGN_OR_RETURN(out.Emplace<Number>(), Number::Parse(json.number()));
      return Ok();
    }
    case json::Type::kString:
      out.Emplace<std::string>(json.string());
      return Ok();
    case json::Type::kArray: {
      if (depth + 1 >= limits::kNestingMax) return NestedTooDeeply();
      List& list = out.Emplace<List>();
      list.resize(json.array().size());
      for (std::size_t i = 0; i < list.size(); ++i) TRY(ParsePlain(json.array()[i], depth + 1, list[i]));
      return Ok();
    }
    case json::Type::kObject: {
      if (depth + 1 >= limits::kNestingMax) return NestedTooDeeply();
      std::vector<AttributeMap::Entry> entries;
      entries.reserve(json.object().size());
      for (const json::Member& member : json.object()) {
        AttributeValue value;
        TRY(ParsePlain(member.value, depth + 1, value));
        entries.emplace_back(std::string(member.name), std::move(value));
      }
      out.Emplace<AttributeMap>().Assign(std::move(entries));
      return Ok();
    }
  }
  return Ok();
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
  AttributeValue value;
  const Status parsed = ParseValue(json, 0, value);
  if (parsed.ok()) return value;
  if (parsed.error().reason() != reason::kSerialization) TRY(CheckDeepShape(json));
  return parsed.error();
}

Result<Item> ParseItem(const json::Value& json) {
  TRY(CheckMapShape(json));
  Item item;
  const Status parsed = ParseMap(json.object(), 0, item);
  if (parsed.ok()) return item;
  if (parsed.error().reason() != reason::kSerialization)
    for (const json::Member& member : json.object()) TRY(CheckDeepShape(member.value));
  return parsed.error();
}

Result<AttributeValue> ParsePlainValue(const json::Value& json) {
  AttributeValue value;
  TRY(ParsePlain(json, 0, value));
  return value;
}

Result<Item> ParsePlainItem(const json::Value& json) {
  if (!json.is_object()) return InvalidArgument("an item is a JSON object");
  std::vector<AttributeMap::Entry> entries;
  for (const json::Member& member : json.object()) {
    AttributeValue value;
    TRY(ParsePlain(member.value, 0, value));
    entries.emplace_back(std::string(member.name), std::move(value));
  }
  Item item;
  item.Assign(std::move(entries));
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
