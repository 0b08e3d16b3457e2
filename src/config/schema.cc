#include "config/schema.h"

#include <fmt/core.h>

#include "config/scalar.h"
#include "json/write.h"

namespace millrace::config {
namespace {

constexpr std::string_view kDurationPattern = "^([0-9]+(ms|s|m|h|d))+$";
constexpr std::string_view kKeyPattern = "^[^:\\s]{1,255}(:[SNB])?$";

std::string KindsPattern(std::span<const RefKind> kinds) {
  std::string names;
  for (const RefKind kind : kinds) names += (names.empty() ? "" : "|") + std::string(RefKindName(kind));
  return fmt::format("^({})/[A-Za-z0-9._-]{{1,255}}$", names);
}

class SchemaWriter {
 public:
  std::string Write() {
    w_.BeginObject();
    Pair("$schema", "https://json-schema.org/draft/2020-12/schema");
    Pair("title", "millrace.yaml");
    ObjectParts(Specification());
    w_.EndObject();
    return std::move(out_);
  }

 private:
  void Pair(std::string_view key, std::string_view value) {
    w_.Key(key);
    w_.String(value);
  }
  void Pair(std::string_view key, std::int64_t value) {
    w_.Key(key);
    w_.Integer(value);
  }
  void Type(std::string_view type) { Pair("type", type); }
  void PlainText(const Field&) { Type("string"); }
  void Strings(std::string_view key, std::span<const std::string_view> values) {
    w_.Key(key);
    w_.BeginArray();
    for (const std::string_view value : values) w_.String(value);
    w_.EndArray();
  }

  // type, properties and so on of a mapping, inside an object that is open.
  void ObjectParts(const Object& object) {
    std::vector<std::string_view> required, choices;
    for (const Field& field : object.fields) {
      if (field.required)
        required.push_back(field.name);
      else if (field.kind != FieldKind::kUnsupported)
        choices.push_back(field.name);
    }
    // Without a required key a mapping may be left empty: `crm:`.
    if (required.empty() && !object.exactly_one) {
      constexpr std::string_view kTypes[] = {"object", "null"};
      Strings("type", kTypes);
    } else {
      Type("object");
    }
    if (!required.empty()) Strings("required", required);
    if (object.exactly_one) {
      w_.Key("oneOf");
      w_.BeginArray();
      for (const std::string_view choice : choices) {
        w_.BeginObject();
        Strings("required", {&choice, 1});
        w_.EndObject();
      }
      w_.EndArray();
    }
    w_.Key("additionalProperties");
    w_.Bool(false);
    w_.Key("patternProperties");
    w_.Raw("{\"^x-\":{}}");
    w_.Key("properties");
    w_.BeginObject();
    for (const Field& field : object.fields) {
      if (field.kind == FieldKind::kUnsupported) continue;
      w_.Key(field.name);
      w_.BeginObject();
      std::string description(field.summary);
      if (!field.otherwise.empty()) description += fmt::format(" Default: {}.", field.otherwise);
      Pair("description", description);
      Value(field);
      w_.EndObject();
    }
    w_.EndObject();
  }

  void OneOrMany(const Field& field, std::int64_t most, void (SchemaWriter::*one)(const Field&)) {
    w_.Key("oneOf");
    w_.BeginArray();
    w_.BeginObject();
    (this->*one)(field);
    w_.EndObject();
    w_.BeginObject();
    Type("array");
    Pair("minItems", 1);
    Pair("maxItems", most);
    w_.Key("items");
    w_.BeginObject();
    (this->*one)(field);
    w_.EndObject();
    w_.EndObject();
    w_.EndArray();
  }

  void Reference(const Field& field) {
    Type("string");
    Pair("pattern", KindsPattern(field.kinds));
  }
  void Pattern(const Field&) {
    Type("object");
    Pair("minProperties", 1);
  }
  void KeyAttribute(const Field&) {
    Type("string");
    Pair("pattern", kKeyPattern);
  }
  void Range(const Field& field) {
    Type("integer");
    Pair("minimum", field.low);
    Pair("maximum", field.high);
  }

  void Value(const Field& field) {
    switch (field.kind) {
      case FieldKind::kVersion:
        Pair("const", 1);
        break;
      case FieldKind::kText:
        Type("string");
        Pair("pattern", field.pattern);
        break;
      case FieldKind::kInteger:
        Range(field);
        break;
      case FieldKind::kDuration:
        Type("string");
        Pair("pattern", kDurationPattern);
        break;
      case FieldKind::kChoice:
        w_.Key("enum");
        w_.BeginArray();
        for (const std::string_view choice : field.choices) w_.String(choice);
        if (field.or_false) w_.Bool(false);
        w_.EndArray();
        break;
      case FieldKind::kFlag:
        Type("boolean");
        break;
      case FieldKind::kCount:
        w_.Key("oneOf");
        w_.BeginArray();
        w_.BeginObject();
        Range(field);
        w_.EndObject();
        w_.BeginObject();
        Pair("const", field.choices[0]);
        w_.EndObject();
        w_.EndArray();
        break;
      case FieldKind::kPatternText:
        Type("string");
        break;
      case FieldKind::kObjects:
        Type("array");
        Pair("maxItems", field.high);
        w_.Key("items");
        w_.BeginObject();
        ObjectParts(*field.object);
        w_.EndObject();
        break;
      case FieldKind::kJson:
      case FieldKind::kIgnored:
        break;
      case FieldKind::kInput:
        w_.Key("oneOf");
        w_.BeginArray();
        w_.BeginObject();
        Type("string");
        w_.EndObject();
        w_.BeginObject();
        ObjectParts(*field.object);
        w_.EndObject();
        w_.EndArray();
        break;
      case FieldKind::kKey:
        OneOrMany(field, 2, &SchemaWriter::KeyAttribute);
        break;
      case FieldKind::kReference:
        Reference(field);
        break;
      case FieldKind::kReferences:
        OneOrMany(field, field.high, &SchemaWriter::Reference);
        break;
      case FieldKind::kPattern:
        Pattern(field);
        break;
      case FieldKind::kPatterns:
        OneOrMany(field, field.high, &SchemaWriter::Pattern);
        break;
      case FieldKind::kTexts:
        Type("object");
        Pair("maxProperties", field.high);
        w_.Key("additionalProperties");
        w_.Raw("{\"type\":\"string\"}");
        break;
      case FieldKind::kTextList:
        OneOrMany(field, field.high, &SchemaWriter::PlainText);
        break;
      case FieldKind::kObject:
        ObjectParts(*field.object);
        break;
      case FieldKind::kNamed:
        Named(field);
        break;
      case FieldKind::kUnsupported:
        break;
    }
  }

  void Named(const Field& field) {
    constexpr std::string_view kTypes[] = {"object", "null"};
    Strings("type", kTypes);
    Pair("maxProperties", field.high);
    w_.Key("additionalProperties");
    w_.Bool(false);
    w_.Key("patternProperties");
    w_.BeginObject();
    w_.Key("^x-");
    w_.Raw("{}");
    w_.Key(fmt::format("^(?!x-)[A-Za-z0-9._-]{{{},{}}}$", field.name_low, field.name_high));
    w_.BeginObject();
    ObjectParts(*field.object);
    w_.EndObject();
    w_.EndObject();
  }

  std::string out_;
  json::Writer w_{&out_};
};

// Compact JSON with line breaks and two spaces per level; empty and flat brackets stay on one line.
std::string Indented(std::string_view json) {
  std::string out;
  std::size_t depth = 0;
  bool in_string = false;
  const auto newline = [&] {
    out.push_back('\n');
    out.append(depth * 2, ' ');
  };
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (in_string) {
      out.push_back(c);
      if (c == '\\') out.push_back(json[++at]);
      if (c == '"') in_string = false;
    } else if (c == '{' || c == '[') {
      // A list of scalars, or an empty bracket, is easier to read in one line.
      const std::size_t end = json.find_first_of("{}[]", at + 1);
      out.push_back(c);
      if (end != std::string_view::npos && (json[end] == '}' || json[end] == ']') && (c == '[' || end == at + 1) &&
          json.substr(at, end - at).find('\\') == std::string_view::npos) {
        for (++at; at <= end; ++at) {
          out.push_back(json[at]);
          if (json[at] == ',') out.push_back(' ');
        }
        --at;
        continue;
      }
      ++depth;
      newline();
    } else if (c == '}' || c == ']') {
      --depth;
      newline();
      out.push_back(c);
    } else {
      out.push_back(c);
      if (c == '"') in_string = true;
      if (c == ':') out.push_back(' ');
      if (c == ',') newline();
    }
  }
  out.push_back('\n');
  return out;
}

std::string Code(std::string_view text) {
  return fmt::format("`{}`", text);
}

std::string ValueText(const Field& field) {
  std::string out;
  switch (field.kind) {
    case FieldKind::kVersion:
      return "`1`";
    case FieldKind::kText:
      return std::string(field.wants);
    case FieldKind::kInteger:
      return fmt::format("{} to {}", field.low, field.high);
    case FieldKind::kDuration:
      return fmt::format("duration, {} to {}", DurationText(Milliseconds(field.low)),
                         DurationText(Milliseconds(field.high)));
    case FieldKind::kChoice:
      for (const std::string_view choice : field.choices) out += (out.empty() ? "" : ", ") + Code(choice);
      return field.or_false ? out + ", `false`" : out;
    case FieldKind::kFlag:
      return "`true`, `false`";
    case FieldKind::kCount:
      return fmt::format("{} to {}, or `{}`", field.low, field.high, field.choices[0]);
    case FieldKind::kJson:
      return "any value";
    case FieldKind::kIgnored:
      return "anything";
    case FieldKind::kPatternText:
      return "text";
    case FieldKind::kObjects:
      return fmt::format("a list of at most {} mappings", field.high);
    case FieldKind::kInput:
      return "text, or a mapping";
    case FieldKind::kKey:
      return "attribute, or a list of one or two";
    case FieldKind::kReference:
    case FieldKind::kReferences:
      for (const RefKind kind : field.kinds)
        out += (out.empty() ? "" : " or ") + Code(fmt::format("{}/NAME", RefKindName(kind)));
      return field.kind == FieldKind::kReference ? out : fmt::format("{}, or a list of 1 to {}", out, field.high);
    case FieldKind::kPattern:
      return "event pattern";
    case FieldKind::kPatterns:
      return fmt::format("event pattern, or a list of 1 to {}", field.high);
    case FieldKind::kTexts:
      return fmt::format("names and texts, at most {}", field.high);
    case FieldKind::kTextList:
      return fmt::format("text, or a list of 1 to {}", field.high);
    case FieldKind::kObject:
      return "mapping";
    case FieldKind::kNamed:
      return fmt::format("names (of {} to {} characters) and mappings, at most {}", field.name_low, field.name_high,
                         field.high);
    case FieldKind::kUnsupported:
      break;
  }
  return out;
}

}  // namespace

std::string JsonSchema() {
  return Indented(SchemaWriter().Write());
}

std::string MarkdownTable(const Object& object) {
  std::string out = "| key | value | default | what it is |\n|---|---|---|---|\n";
  for (const Field& field : object.fields) {
    if (field.kind == FieldKind::kUnsupported) continue;
    const std::string otherwise = field.required ? "required" : std::string(field.otherwise);
    out += fmt::format("| `{}` | {} | {} | {} |\n", field.name, ValueText(field), otherwise, field.summary);
  }
  return out;
}

}  // namespace millrace::config
