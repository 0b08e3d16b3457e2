#include "jsonschema/prepare.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "base/nearest.h"
#include "json/write.h"
#include "jsonschema/decimal.h"
#include "jsonschema/keywords.h"
#include "jsonschema/limits.h"
#include "jsonschema/rules.h"

namespace millrace::jsonschema {
namespace {

constexpr std::string_view kDraft2020 = "https://json-schema.org/draft/2020-12/schema";
constexpr auto kDrafts =
    std::to_array<std::string_view>({"http://json-schema.org/draft-07/schema", "http://json-schema.org/draft-06/schema",
                                     "https://json-schema.org/draft/2019-09/schema", kDraft2020});

// A step of a JSON pointer, https://www.rfc-editor.org/rfc/rfc6901
std::string Escaped(std::string_view name) {
  std::string out;
  for (const char c : name) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

int HexDigit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}
std::string PercentDecoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 && HexDigit(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

class Preparation {
 public:
  Result<std::string> Run(const json::Value& root) {
    if (const json::Value* draft = root.Find("$schema")) TRY(CheckDraft(*draft));
    TRY(Visit(root, ""));
    for (const auto& [pointer, place] : places_) TRY(Resolve(pointer, *place.schema));
    for (const auto& [pointer, place] : places_) TRY(Weigh(pointer, 1));
    std::string out;
    json::Writer writer(&out);
    writer.BeginObject();
    writer.Key("allOf");
    writer.Raw(R"([{"$ref":"#/definitions/0"}])");
    writer.Key("definitions");
    writer.BeginObject();
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      writer.Key(std::to_string(i));
      // The library finds what references name by their places, and gives the schema of `propertyNames` the place of
      // the one around it: nothing but this list is at the place that is named.
      writer.BeginObject();
      writer.Key("allOf");
      writer.BeginArray();
      WriteBody(writer, targets_[i]);
      writer.EndArray();
      writer.EndObject();
    }
    writer.EndObject();
    writer.EndObject();
    return out;
  }

 private:
  struct Place {
    const json::Value* schema = nullptr;
    std::string reference;              // the pointer that its $ref names
    std::optional<std::size_t> number;  // among the targets
  };
  struct Weight {
    std::size_t subschemas = 0;  // 0: under way
    std::size_t depth = 0;
  };

  template <class... Args>
  static Error At(const std::string& pointer, fmt::format_string<Args...> format, Args&&... args) {
    return InvalidArgument("at #{}: {}", pointer, fmt::format(format, std::forward<Args>(args)...));
  }

  Status CheckDraft(const json::Value& draft) {
    std::string_view name = draft.is_string() ? draft.string() : std::string_view();
    if (name.ends_with('#')) name.remove_suffix(1);
    if (std::ranges::find(kDrafts, name) == kDrafts.end())
      return At("", "$schema is {}; draft-07 is understood, and what 2020-12 has in common with it: {}", Shown(draft),
                kDrafts[0]);
    draft_2020_ = name == kDraft2020;
    return Ok();
  }

  Status Visit(const json::Value& schema, const std::string& pointer) {
    if (!schema.is_object() && !schema.is_bool())
      return At(pointer, "a schema is an object, true or false, not {}", Shown(schema));
    if (places_.size() >= limits::kSubschemasMax)
      return At(pointer, "there are more than {} subschemas", limits::kSubschemasMax);
    places_[pointer].schema = &schema;
    if (schema.is_bool()) return Ok();
    for (const json::Member& member : schema.object()) {
      if (member.name.starts_with("x-")) continue;
      const Keyword* const keyword = FindKeyword(member.name);
      if (keyword == nullptr)
        return At(pointer, "'{}' is no keyword that is understood; {}", member.name.substr(0, 100),
                  HintFor(member.name.substr(0, 100)));
      TRY(VisitKeyword(*keyword, member.value, schema, pointer));
    }
    return Ok();
  }

  Status VisitKeyword(const Keyword& keyword, const json::Value& value, const json::Value& schema,
                      const std::string& pointer) {
    const auto wants = [&](std::string_view what) {
      return At(pointer, "{} takes {}, not {}", keyword.name, what, Shown(value));
    };
    const std::string below = pointer + "/" + std::string(keyword.name);
    switch (keyword.kind) {
      case KeywordKind::kAnnotation:
        if (keyword.name == "$id" && !pointer.empty())
          return At(pointer, "$id is understood at the root only; use references such as #/definitions/NAME");
        return Ok();
      case KeywordKind::kReference:
        if (!value.is_string()) return wants("text");
        return CheckAlone(schema, pointer);
      case KeywordKind::kTypes:
        return CheckTypes(value, pointer);
      case KeywordKind::kCount:
        if (!value.is_number() || !IsCount(value.number())) return wants("a whole number from 0 to 999999999");
        return Ok();
      case KeywordKind::kNames:
        return IsNames(value) ? Ok() : Status(wants("a list of different names"));
      case KeywordKind::kRule:
        return CheckRule(keyword.name, value, pointer);
      case KeywordKind::kSchema:
        if ((keyword.name == "then" || keyword.name == "else") && schema.Find("if") == nullptr)
          return At(pointer, "{} without if has no effect", keyword.name);
        return Visit(value, below);
      case KeywordKind::kItems:
        if (!value.is_array()) return Visit(value, below);
        if (draft_2020_ || schema.Find("prefixItems") != nullptr)
          return At(pointer, "a list in items is draft-07's; use prefixItems for it");
        [[fallthrough]];
      case KeywordKind::kSchemas:
        if (!value.is_array() || value.array().empty()) return wants("a list of at least one schema");
        for (std::size_t i = 0; i < value.array().size(); ++i)
          TRY(Visit(value.array()[i], below + "/" + std::to_string(i)));
        return Ok();
      case KeywordKind::kNamedSchemas:
        if (!value.is_object()) return wants("a mapping of names to schemas");
        TRY(CheckOneOfDependencies(schema, pointer));
        for (const json::Member& member : value.object()) {
          if (member.name.find('\0') != member.name.npos) return wants("names without the character U+0000");
          TRY(Visit(member.value, below + "/" + Escaped(member.name)));
        }
        return Ok();
      case KeywordKind::kDependentNames:
      case KeywordKind::kDependencies:
        if (!value.is_object()) return wants("a mapping");
        TRY(CheckOneOfDependencies(schema, pointer));
        for (const json::Member& member : value.object()) {
          if (member.value.is_array() || keyword.kind == KeywordKind::kDependentNames) {
            if (!IsNames(member.value)) return At(pointer, "{} takes lists of different names", keyword.name);
          } else {
            TRY(Visit(member.value, below + "/" + Escaped(member.name)));
          }
        }
        return Ok();
    }
    return Ok();
  }

  // What stands beside a reference is ignored by draft-07 and checked by its successors.
  static Status CheckAlone(const json::Value& schema, const std::string& pointer) {
    for (const json::Member& member : schema.object()) {
      const Keyword* const keyword = FindKeyword(member.name);
      if (keyword == nullptr || keyword->kind == KeywordKind::kAnnotation || member.name == "$ref" ||
          member.name == "definitions" || member.name == "$defs")
        continue;
      return At(pointer, "drafts differ about {} beside $ref; put both into allOf", member.name);
    }
    return Ok();
  }

  static Status CheckOneOfDependencies(const json::Value& schema, const std::string& pointer) {
    int found = 0;
    for (const std::string_view name : {"dependencies", "dependentRequired", "dependentSchemas"})
      found += schema.Find(name) != nullptr ? 1 : 0;
    return found <= 1 ? Ok() : Status(At(pointer, "write all of its dependencies under one keyword, dependencies"));
  }

  static Status CheckTypes(const json::Value& value, const std::string& pointer) {
    std::vector<std::string_view> names;
    if (value.is_string()) names.push_back(value.string());
    if (value.is_array())
      for (const json::Value& element : value.array())
        names.push_back(element.is_string() ? element.string() : std::string_view());
    if (names.empty()) return At(pointer, "type takes the name of a type, or a list of them, not {}", Shown(value));
    for (const std::string_view name : names)
      if (!IsTypeName(name))
        return At(pointer, "there is no type '{}': null, boolean, integer, number, string, array and object are",
                  name.substr(0, 100));
    return Ok();
  }

  Status CheckRule(std::string_view keyword, const json::Value& value, const std::string& pointer) {
    if (keyword == "pattern" && ++patterns_ > limits::kPatternsMax)
      return At(pointer, "there are more than {} patterns", limits::kPatternsMax);
    const json::Member member{keyword, value};
    const auto rules = Rules::Parse(json::Value::Object({&member, 1}));
    return rules.ok() ? Ok() : Status(At(pointer, "{}", rules.error().message()));
  }

  static bool IsCount(std::string_view number) {
    const Decimal count(number);
    return count.is_integer() && !count.is_negative() && count <= Decimal("999999999");
  }
  static bool IsNames(const json::Value& value) {
    if (!value.is_array()) return false;
    std::vector<std::string_view> names;
    for (const json::Value& element : value.array()) {
      if (!element.is_string()) return false;
      names.push_back(element.string());
      if (names.back().find('\0') != std::string_view::npos) return false;
    }
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) == names.end();
  }

  Status Resolve(const std::string& pointer, const json::Value& schema) {
    if (pointer.empty()) Target("");
    const json::Value* const reference = schema.Find("$ref");
    if (reference == nullptr) return Ok();
    const std::string_view text = reference->string();
    if (!text.starts_with('#'))
      return At(pointer, "the reference {} leads out of the document; only #/… is followed", Shown(*reference));
    const std::string target = PercentDecoded(text.substr(1));
    if (!places_.contains(target)) return At(pointer, "the reference {} leads to no subschema", Shown(*reference));
    places_[pointer].reference = target;
    Target(target);
    return Ok();
  }
  void Target(const std::string& pointer) {
    Place& place = places_[pointer];
    if (place.number) return;
    place.number = targets_.size();
    targets_.push_back(pointer);
  }

  // How many subschemas one value may meet at that place, and how deep in each other; an error if it would never end.
  Status Weigh(const std::string& pointer, std::size_t depth) {
    const auto known = weights_.find(pointer);
    if (known != weights_.end())
      return known->second.subschemas != 0 ? Ok()
                                           : At(pointer, "it refers to itself about the same value, without end");
    if (depth > limits::kSubschemaDepthMax) return TooDeep(pointer);
    weights_[pointer] = {};
    Weight weight{.subschemas = 1, .depth = 1};
    for (const std::string& part : PartsOf(pointer)) {
      TRY(Weigh(part, depth + 1));
      const Weight& below = weights_.at(part);
      weight.subschemas += below.subschemas;
      weight.depth = std::max(weight.depth, below.depth + 1);
    }
    if (weight.subschemas > limits::kSubschemasPerValueMax)
      return At(pointer, "one value would be checked against more than {} subschemas", limits::kSubschemasPerValueMax);
    if (weight.depth > limits::kSubschemaDepthMax) return TooDeep(pointer);
    weights_[pointer] = weight;
    return Ok();
  }
  static Error TooDeep(const std::string& pointer) {
    return At(pointer, "more than {} subschemas about the same value stand in each other", limits::kSubschemaDepthMax);
  }
  // The subschemas that look at the same value.
  std::vector<std::string> PartsOf(const std::string& pointer) const {
    std::vector<std::string> parts;
    const Place& place = places_.at(pointer);
    if (!place.schema->is_object()) return parts;
    for (const json::Member& member : place.schema->object()) {
      const Keyword* const keyword = FindKeyword(member.name);
      if (keyword == nullptr || !keyword->same_value) continue;
      const std::string below = pointer + "/" + std::string(member.name);
      if (keyword->kind == KeywordKind::kReference) {
        parts.push_back(place.reference);
      } else if (keyword->kind == KeywordKind::kSchema) {
        parts.push_back(below);
      } else if (keyword->kind == KeywordKind::kSchemas) {
        for (std::size_t i = 0; i < member.value.array().size(); ++i) parts.push_back(below + "/" + std::to_string(i));
      } else {
        for (const json::Member& each : member.value.object())
          if (!each.value.is_array()) parts.push_back(below + "/" + Escaped(each.name));
      }
    }
    return parts;
  }

  void Write(json::Writer& writer, const std::string& pointer) const {
    const Place& place = places_.at(pointer);
    if (!place.number) return WriteBody(writer, pointer);
    writer.BeginObject();
    writer.Key("$ref");
    writer.String(fmt::format("#/definitions/{}", *place.number));
    writer.EndObject();
  }

  void WriteBody(json::Writer& writer, const std::string& pointer) const {
    const Place& place = places_.at(pointer);
    const json::Value& schema = *place.schema;
    if (schema.is_bool()) return writer.Bool(schema.boolean());
    writer.BeginObject();
    if (schema.Find("$ref") != nullptr) {
      writer.Key("allOf");
      writer.BeginArray();
      Write(writer, place.reference);
      writer.EndArray();
      return writer.EndObject();
    }
    std::vector<const json::Member*> rules;
    for (const json::Member& member : schema.object()) {
      const Keyword* const keyword = FindKeyword(member.name);
      if (keyword == nullptr || keyword->kind == KeywordKind::kAnnotation || member.name == "definitions" ||
          member.name == "$defs")
        continue;
      if (keyword->kind == KeywordKind::kRule) {
        rules.push_back(&member);
      } else {
        WriteKeyword(writer, *keyword, member.value, schema, pointer);
      }
    }
    if (!rules.empty()) {
      writer.Key(kRulesKeyword);
      writer.BeginObject();
      for (const json::Member* member : rules) {
        writer.Key(member->name);
        writer.Value(member->value);
      }
      writer.EndObject();
    }
    writer.EndObject();
  }

  void WriteKeyword(json::Writer& writer, const Keyword& keyword, const json::Value& value, const json::Value& schema,
                    const std::string& pointer) const {
    const std::string below = pointer + "/" + std::string(keyword.name);
    // 2020-12's two words for what draft-07 calls items and additionalItems.
    const bool prefixed = schema.Find("prefixItems") != nullptr;
    const json::Value* const items = schema.Find("items");
    std::string_view name = keyword.name;
    if (name == "prefixItems") name = "items";
    if (name.starts_with("depend")) name = "dependencies";
    if (keyword.name == "items" && prefixed) name = "additionalItems";
    // Without a list of items there are none beyond it.
    if (keyword.name == "additionalItems" && (prefixed || items == nullptr || !items->is_array())) return;
    writer.Key(name);
    switch (keyword.kind) {
      case KeywordKind::kSchema:
        return Write(writer, below);
      case KeywordKind::kItems:
        if (!value.is_array()) return Write(writer, below);
        [[fallthrough]];
      case KeywordKind::kSchemas:
        writer.BeginArray();
        for (std::size_t i = 0; i < value.array().size(); ++i) Write(writer, below + "/" + std::to_string(i));
        return writer.EndArray();
      case KeywordKind::kNamedSchemas:
      case KeywordKind::kDependentNames:
      case KeywordKind::kDependencies:
        writer.BeginObject();
        for (const json::Member& member : value.object()) {
          writer.Key(member.name);
          if (member.value.is_array()) {
            writer.Value(member.value);
          } else {
            Write(writer, below + "/" + Escaped(member.name));
          }
        }
        return writer.EndObject();
      default:
        return writer.Value(value);
    }
  }

  bool draft_2020_ = false;
  std::map<std::string, Place> places_;
  std::vector<std::string> targets_;  // by number
  std::map<std::string, Weight> weights_;
  std::size_t patterns_ = 0;
};

}  // namespace

Result<std::string> Prepare(const json::Value& schema) {
  return Preparation().Run(schema);
}

}  // namespace millrace::jsonschema
