#include "config/fields.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/check.h"
#include "base/nearest.h"
#include "config/http_target.h"
#include "config/input.h"
#include "config/limits.h"
#include "config/scalar.h"

namespace millrace::config {

namespace {

// "a, b or c".
std::string Listed(std::span<const std::string_view> words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

std::string DidYouMean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view nearest = Nearest(word, candidates);
  return nearest.empty() ? std::string() : fmt::format("did you mean {}?", nearest);
}

bool IsText(std::string_view value) {
  return value.size() <= limits::kHttpFieldValueMax && value.find('\0') == std::string_view::npos;
}
bool IsHeaderValue(std::string_view value) {
  return value.size() <= limits::kHttpFieldValueMax && std::all_of(value.begin(), value.end(), [](char c) {
           return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
         });
}
}  // namespace

Fields::Fields(const Node& node, Span key, const Object& object, std::string ref, Report& report, std::string path)
    : node_(&node), key_(key), object_(&object), ref_(std::move(ref)), report_(&report), path_(std::move(path)) {
  static const Node kNothing;
  if (!node.function.empty()) {
    IsExpression(node);
    node_ = &kNothing;
    return;
  }
  if (!node.is_mapping()) {
    if (!node.is_null())
      Say(code::kWrongType, node.span,
          fmt::format("expected a mapping{}, found {}", path_.empty() ? "" : " in " + path_.substr(0, path_.size() - 1),
                      NodeTypeName(node.type)));
    node_ = &kNothing;
    if (!node.is_null()) return;  // what is missing in it would only repeat the message
  }
  CheckKeys();
  CheckRequired();
}

Fields::~Fields() {
  for (const Field& field : object_->fields)
    CHECK(field.kind == FieldKind::kUnsupported || field.kind == FieldKind::kIgnored ||
              std::find(read_.begin(), read_.end(), field.name) != read_.end(),
          "a specified field is never read");
}

void Fields::CheckKeys() {
  for (const Entry& entry : node_->entries) {
    if (entry.key.starts_with("x-")) continue;
    const Field* field = object_->Find(entry.key);
    if (field == nullptr) {
      std::vector<std::string_view> known;
      for (const Field& candidate : object_->fields)
        if (candidate.kind != FieldKind::kUnsupported) known.push_back(candidate.name);
      std::string fix = DidYouMean(entry.key, known);
      if (fix.empty() && !known.empty()) fix = "the keys here are " + Listed(known);
      Say(code::kUnknownKey, entry.key_span, fmt::format("unknown key {}", Quoted(Path(entry.key))), {},
          std::move(fix));
    } else if (field->kind == FieldKind::kUnsupported) {
      Say(code::kNotSupported, entry.key_span,
          fmt::format("{} is not supported yet by this version", Path(field->name)), {},
          field->summary.empty() ? "remove it" : std::string(field->summary));
    }
  }
}

void Fields::CheckRequired() {
  std::vector<std::string_view> choices;
  std::vector<const Entry*> chosen;
  bool unsupported = false;
  for (const Field& field : object_->fields) {
    const Entry* entry = EntryOf(field.name);
    if (field.kind == FieldKind::kUnsupported) {
      unsupported |= entry != nullptr;
    } else if (field.required) {
      if (entry == nullptr)
        Say(code::kMissingKey, key_, fmt::format("{} is missing", Path(field.name)), std::string(field.summary));
    } else {
      choices.push_back(field.name);
      if (entry != nullptr) chosen.push_back(entry);
    }
  }
  std::sort(chosen.begin(), chosen.end(), std::less<>());  // entries are one array: the order of the file
  if (!object_->exactly_one || chosen.size() == 1 || (chosen.empty() && unsupported)) return;
  Say(code::kExactlyOne, chosen.empty() ? key_ : chosen[1]->key_span,
      fmt::format("exactly one of {} must be given, found {}", Listed(choices), chosen.size()), {},
      chosen.empty() || !path_.empty() ? std::string() : fmt::format("make a second {} of it", object_->name));
}

const Entry* Fields::EntryOf(std::string_view name) const {
  for (const Entry& entry : node_->entries)
    if (entry.key == name) return &entry;
  return nullptr;
}

Span Fields::Place(std::string_view name) const {
  const Entry* entry = EntryOf(name);
  return entry == nullptr ? key_ : entry->key_span;
}

std::pair<const Field*, const Entry*> Fields::Take(std::string_view name, std::initializer_list<FieldKind> kinds) {
  const Field* field = object_->Find(name);
  CHECK(field != nullptr, "a field is read that is not specified");
  CHECK(std::find(kinds.begin(), kinds.end(), field->kind) != kinds.end(), "a field is read as another kind");
  read_.push_back(field->name);
  const Entry* entry = EntryOf(name);
  if (entry != nullptr && entry->value->is_null() && field->kind != FieldKind::kObject &&
      field->kind != FieldKind::kNamed) {
    Say(code::kWrongType, entry->key_span, fmt::format("{} has no value", Path(name)), {},
        "give it one, or remove the key");
    return {field, nullptr};
  }
  return {field, entry};
}

void Fields::Say(std::string_view code, Span span, std::string message, std::string why, std::string fix) {
  if (!ref_.empty()) message = fmt::format("{}: {}", ref_, message);
  report_->Add(code, span, ref_, {std::move(message), std::move(why), std::move(fix)});
}

void Fields::Wrong(Span span, std::string_view name, std::string_view wants, const Node& got, std::string fix) {
  const bool scalar = !got.is_mapping() && !got.is_sequence() && !got.is_null();
  const std::string found = scalar ? Quoted(got.text) : std::string(NodeTypeName(got.type));
  const bool type = got.is_mapping() || got.is_sequence();
  Say(type ? code::kWrongType : code::kBadValue, span, fmt::format("{} must be {}, not {}", Path(name), wants, found),
      {}, std::move(fix));
}

bool Fields::IsExpression(const Node& node) {
  if (!node.function.empty()) {
    Say(code::kNotSupported, node.span, fmt::format("CloudFormation's {} is not computed", node.function),
        "only what is ignored, such as an ARN, may be one", "write the value itself");
    return true;
  }
  if (!node.is_text() || !node.text.starts_with("{%")) return false;
  Say(code::kNotSupported, node.span, "expressions in {% … %} are not supported yet by this version", {},
      "write the value itself");
  return true;
}

void Fields::Version(std::string_view name) {
  const auto [field, entry] = Take(name, {FieldKind::kVersion});
  if (entry == nullptr) return;
  const Node& value = *entry->value;
  if (value.type == NodeType::kInteger && ToInteger(value.text) == 1) return;
  const bool newer = value.type == NodeType::kInteger;
  Wrong(value.span, name, "1", value, newer ? "this program reads version 1 only" : "version: 1");
}

std::optional<std::string> Fields::Text(std::string_view name) {
  const auto [field, entry] = Take(name, {FieldKind::kText});
  if (entry == nullptr || IsExpression(*entry->value)) return std::nullopt;
  const Node& value = *entry->value;
  if (!value.is_text()) {
    const bool scalar = !value.is_mapping() && !value.is_sequence();
    Say(code::kWrongType, value.span, fmt::format("{} must be text, not {}", Path(name), NodeTypeName(value.type)), {},
        scalar ? fmt::format("put it in quotes: {}", Quoted(value.text)) : std::string());
    return std::nullopt;
  }
  if (value.text.find('\0') != std::string::npos || !field->accepts(value.text)) {
    Wrong(value.span, name, field->wants, value);
    return std::nullopt;
  }
  return value.text;
}

std::optional<std::int64_t> Fields::Integer(std::string_view name) {
  const auto [field, entry] = Take(name, {FieldKind::kInteger});
  if (entry == nullptr || IsExpression(*entry->value)) return std::nullopt;
  const Node& value = *entry->value;
  const auto number = value.type == NodeType::kInteger ? ToInteger(value.text) : std::nullopt;
  if (!number || *number < field->low || *number > field->high) {
    Wrong(value.span, name, fmt::format("a whole number from {} to {}", field->low, field->high), value);
    return std::nullopt;
  }
  return number;
}

std::optional<Milliseconds> Fields::Duration(std::string_view name) {
  const auto [field, entry] = Take(name, {FieldKind::kDuration});
  if (entry == nullptr || IsExpression(*entry->value)) return std::nullopt;
  const Node& value = *entry->value;
  const auto duration = value.is_text() ? ParseDuration(value.text) : std::nullopt;
  if (!duration || duration->count() < field->low || duration->count() > field->high) {
    const bool bare = value.type == NodeType::kInteger;
    Wrong(value.span, name,
          fmt::format("a duration from {} to {}", DurationText(Milliseconds(field->low)),
                      DurationText(Milliseconds(field->high))),
          value,
          bare ? fmt::format("add a unit: {}s (ms, s, m, h and d exist)", value.text)
               : "write it like 30s, 5m, 1h30m or 14d");
    return std::nullopt;
  }
  return duration;
}

std::optional<std::size_t> Fields::Choice(std::string_view name) {
  const auto [field, entry] = Take(name, {FieldKind::kChoice});
  if (entry == nullptr || IsExpression(*entry->value)) return std::nullopt;
  const Node& value = *entry->value;
  if (field->or_false && value.type == NodeType::kBool && (value.text[0] == 'f' || value.text[0] == 'F'))
    return field->choices.size();
  if (value.is_text()) {
    const auto found = std::find(field->choices.begin(), field->choices.end(), value.text);
    if (found != field->choices.end()) return static_cast<std::size_t>(found - field->choices.begin());
  }
  std::vector<std::string_view> choices(field->choices.begin(), field->choices.end());
  if (field->or_false) choices.push_back("false");
  Wrong(value.span, name, Listed(choices), value, value.is_text() ? DidYouMean(value.text, choices) : std::string());
  return std::nullopt;
}

std::optional<bool> Fields::Flag(std::string_view name) {
  const auto [field, entry] = Take(name, {FieldKind::kFlag});
  if (entry == nullptr || IsExpression(*entry->value)) return std::nullopt;
  const Node& value = *entry->value;
  if (value.type == NodeType::kBool) return value.text[0] == 't' || value.text[0] == 'T';
  Wrong(value.span, name, "true or false", value);
  return std::nullopt;
}

std::optional<std::optional<std::int64_t>> Fields::Count(std::string_view name) {
  const auto [field, entry] = Take(name, {FieldKind::kCount});
  if (entry == nullptr || IsExpression(*entry->value)) return std::nullopt;
  const Node& value = *entry->value;
  using Counted = std::optional<std::int64_t>;
  if (value.is_text() && value.text == field->choices[0]) return Counted();
  const auto number = value.type == NodeType::kInteger ? ToInteger(value.text) : std::nullopt;
  if (number && *number >= field->low && *number <= field->high) return Counted(number);
  Wrong(value.span, name,
        fmt::format("a whole number from {} to {}, or {}", field->low, field->high, field->choices[0]), value);
  return std::nullopt;
}

std::optional<transform::Input> Fields::Input(std::string_view name) {
  const auto [field, entry] = Take(name, {FieldKind::kInput});
  if (entry == nullptr || IsExpression(*entry->value)) return std::nullopt;
  const Node& value = *entry->value;
  Result<transform::Input> input = transform::Input();
  if (value.is_text()) {
    input = PipeInput(value.text);
  } else {
    Fields fields(value, entry->key_span, *field->object, ref_, *report_, Path(name) + ".");
    const auto text = fields.Text("template");
    const auto paths = fields.Texts("paths");
    const auto path = fields.Text("path");
    const auto json = fields.Json("json");
    const int given = fields.Has("template") + fields.Has("path") + fields.Has("json");
    if (given != 1 || (fields.Has("paths") && !fields.Has("template"))) {
      if (value.is_mapping())
        Say(code::kExactlyOne, entry->key_span,
            fmt::format("{} takes one of template (with paths), path or json", Path(name)));
      return std::nullopt;
    }
    if (text)
      input = RuleInput(paths, *text);
    else if (path)
      input = transform::Input::AtPath(*path);
    else if (json)
      input = transform::Input::Constant(*json);
    else
      return std::nullopt;
  }
  if (!input.ok()) {
    Say(code::kBadValue, value.span, fmt::format("{}: {}", Path(name), input.error().message()));
    return std::nullopt;
  }
  return *std::move(input);
}

std::optional<model::KeyAttribute> Fields::KeyAttribute(const Node& node) {
  if (IsExpression(node)) return std::nullopt;
  std::string_view text = node.text;
  model::KeyAttribute attribute;
  bool legal = node.is_text() && !text.empty();
  if (const std::size_t colon = text.rfind(':'); legal && colon != std::string_view::npos) {
    const std::string_view type = text.substr(colon + 1);
    text = text.substr(0, colon);
    if (type == "N") attribute.type = model::AttributeType::kN;
    if (type == "B") attribute.type = model::AttributeType::kB;
    legal = type == "S" || type == "N" || type == "B";
  }
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html: key names of 1 to 255 characters
  legal = legal && !text.empty() && text.size() <= 255 &&
          text.find_first_of(std::string_view(": \t\r\n\0", 6)) == std::string_view::npos;
  if (!legal) {
    Wrong(node.span, "key", "the name of an attribute, with :S, :N or :B behind it if need be", node,
          "write key: id, or key: [ID, \"Timestamp:N\"]");
    return std::nullopt;
  }
  attribute.name = text;
  return attribute;
}

std::optional<model::KeySchema> Fields::Key(std::string_view name) {
  const auto [field, entry] = Take(name, {FieldKind::kKey});
  if (entry == nullptr) return std::nullopt;
  const Node& value = *entry->value;
  model::KeySchema key;
  if (!value.is_sequence()) {
    auto partition = KeyAttribute(value);
    if (!partition) return std::nullopt;
    key.partition = *std::move(partition);
    return key;
  }
  if (value.items.empty() || value.items.size() > 2) {
    Say(code::kBadValue, value.span, fmt::format("a key has one or two attributes, not {}", value.items.size()));
    return std::nullopt;
  }
  auto partition = KeyAttribute(*value.items[0]);
  if (!partition) return std::nullopt;
  key.partition = *std::move(partition);
  if (value.items.size() == 1) return key;
  auto sort = KeyAttribute(*value.items[1]);
  if (!sort) return std::nullopt;
  if (sort->name == key.partition.name) {
    Say(code::kBadValue, value.items[1]->span, "the partition key and the sort key are the same attribute");
    return std::nullopt;
  }
  key.sort = *std::move(sort);
  return key;
}

bool Fields::IsWrittenOutSecret(const Field& field, const Node& node) {
  if (field.kinds.size() != 1 || field.kinds[0] != RefKind::kSecret) return false;
  const std::string_view prefix = "secret/";
  if (node.is_text() && node.text.starts_with(prefix) &&
      IsName(std::string_view(node.text).substr(prefix.size()), 1, 255))
    return false;
  report_->Add(code::kBadValue, node.span, ref_,
               {.message = fmt::format("{}: {} must be a reference: secret/NAME", ref_, Path(field.name)),
                .why = "a secret does not stand in the configuration",
                .fix = "secrets: {NAME: {env: VARIABLE}}",
                .conceal = true});
  return true;
}

std::optional<Ref> Fields::ParseReference(const Field& field, const Node& node) {
  if (IsExpression(node) || IsWrittenOutSecret(field, node)) return std::nullopt;
  std::vector<std::string> wanted;
  for (const RefKind kind : field.kinds) wanted.push_back(fmt::format("{}/NAME", RefKindName(kind)));
  const std::vector<std::string_view> wanted_views(wanted.begin(), wanted.end());
  const std::string_view text = node.text;
  const std::size_t slash = text.find('/');
  if (!node.is_text() || slash == std::string_view::npos || !IsName(text.substr(slash + 1), 1, 255)) {
    std::string fix;
    if (node.is_text() && slash == std::string_view::npos && IsName(text, 1, 255))
      for (const RefKind kind : field.kinds)
        fix += fmt::format("{}{}/{}", fix.empty() ? "" : " or ", RefKindName(kind), text);
    Wrong(node.span, field.name, fmt::format("a reference: {}", Listed(wanted_views)), node, std::move(fix));
    return std::nullopt;
  }
  const std::string_view kind_name = text.substr(0, slash);
  for (const RefKind kind : field.kinds)
    if (RefKindName(kind) == kind_name) return Ref{kind, std::string(text.substr(slash + 1)), node.span};
  std::vector<std::string_view> kinds;
  for (const RefKind kind : field.kinds) kinds.push_back(RefKindName(kind));
  if (std::find(field.later.begin(), field.later.end(), kind_name) != field.later.end())
    Say(code::kNotSupported, node.span,
        fmt::format("{}/ references in {} are not supported yet by this version", kind_name, field.name), {},
        fmt::format("{} takes {}", field.name, Listed(wanted_views)));
  else
    Say(code::kWrongKind, node.span, fmt::format("{} cannot be {}", field.name, Quoted(text)),
        fmt::format("{} takes {}", field.name, Listed(wanted_views)), DidYouMean(kind_name, kinds));
  return std::nullopt;
}

std::optional<Ref> Fields::Reference(std::string_view name) {
  const auto [field, entry] = Take(name, {FieldKind::kReference});
  if (entry == nullptr) return std::nullopt;
  return ParseReference(*field, *entry->value);
}

std::vector<Ref> Fields::References(std::string_view name) {
  const auto [field, entry] = Take(name, {FieldKind::kReferences});
  std::vector<Ref> refs;
  if (entry == nullptr) return refs;
  const Node& value = *entry->value;
  if (!value.is_sequence()) {
    if (auto ref = ParseReference(*field, value)) refs.push_back(*std::move(ref));
    return refs;
  }
  if (value.items.empty() || value.items.size() > static_cast<std::size_t>(field->high)) {
    Say(code::kTooMany, entry->key_span,
        fmt::format("{} takes 1 to {} references, not {}", name, field->high, value.items.size()));
    return refs;
  }
  for (const NodePtr& item : value.items) {
    auto ref = ParseReference(*field, *item);
    if (!ref) continue;
    if (std::any_of(refs.begin(), refs.end(), [&](const Ref& r) { return r.kind == ref->kind && r.name == ref->name; }))
      Say(code::kBadValue, item->span, fmt::format("{} stands in {} twice", ref->ToString(), name), {},
          "remove one of the two");
    else
      refs.push_back(*std::move(ref));
  }
  return refs;
}

std::vector<std::string> Fields::TextList(std::string_view name) {
  const auto [field, entry] = Take(name, {FieldKind::kTextList});
  std::vector<std::string> texts;
  if (entry == nullptr) return texts;
  const auto read = [&](const Node& node) {
    if (IsExpression(node)) return;
    if (!node.is_text() || node.text.size() > limits::kTextMax)
      Wrong(node.span, name, "text, or a list of texts", node);
    else
      texts.emplace_back(node.text);
  };
  const Node& value = *entry->value;
  if (!value.is_sequence()) {
    read(value);
  } else if (value.items.size() > static_cast<std::size_t>(field->high)) {
    Say(code::kTooMany, entry->key_span, fmt::format("at most {} {}, not {}", field->high, name, value.items.size()));
  } else {
    for (const NodePtr& item : value.items) read(*item);
  }
  return texts;
}

std::vector<std::pair<std::string, std::string>> Fields::Texts(std::string_view name) {
  const auto [field, entry] = Take(name, {FieldKind::kTexts});
  std::vector<std::pair<std::string, std::string>> texts;
  if (entry == nullptr) return texts;
  const Node& value = *entry->value;
  if (!value.is_mapping()) {
    Wrong(value.span, name, "a mapping of names to text", value);
    return texts;
  }
  if (value.entries.size() > static_cast<std::size_t>(field->high)) {
    Say(code::kTooMany, entry->key_span, fmt::format("at most {} {}, not {}", field->high, name, value.entries.size()));
    return texts;
  }
  for (const Entry& text : value.entries) {
    if (IsExpression(*text.value)) continue;
    if (field->headers && (!IsHeaderName(text.key) || IsReservedHeader(text.key))) {
      Say(code::kBadName, text.key_span, fmt::format("{} cannot be set as a header", Quoted(text.key)));
    } else if (!field->headers && (text.key.empty() || text.key.size() > limits::kHttpFieldNameMax)) {
      Say(code::kBadName, text.key_span,
          fmt::format("a name in {} has {} bytes; 1 to {} are allowed", Path(name), text.key.size(),
                      limits::kHttpFieldNameMax));
    } else if (!text.value->is_text() || !(field->headers ? IsHeaderValue : IsText)(text.value->text)) {
      Wrong(text.value->span, text.key, field->headers ? "text in one line" : "text", *text.value);
    } else {
      texts.emplace_back(text.key, text.value->text);
    }
  }
  return texts;
}

void Fields::Nested(std::string_view name, const std::function<void(Fields&)>& read) {
  const auto [field, entry] = Take(name, {FieldKind::kObject});
  if (entry == nullptr) return;
  Fields fields(*entry->value, entry->key_span, *field->object, ref_, *report_, Path(name) + ".");
  read(fields);
}

void Fields::Each(std::string_view name, const std::function<void(Fields&)>& read) {
  const auto [field, entry] = Take(name, {FieldKind::kObjects});
  if (entry == nullptr || IsExpression(*entry->value)) return;
  const Node& value = *entry->value;
  if (!value.is_sequence()) {
    Wrong(value.span, name, "a list", value);
    return;
  }
  if (value.items.size() > static_cast<std::size_t>(field->high)) {
    Say(code::kTooMany, entry->key_span,
        fmt::format("{} takes at most {}, not {}", Path(name), field->high, value.items.size()));
    return;
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    Fields fields(*value.items[i], value.items[i]->span, *field->object, ref_, *report_,
                  fmt::format("{}[{}].", Path(name), i));
    read(fields);
  }
}

void Fields::Named(std::string_view name, RefKind kind,
                   const std::function<void(const std::string&, Span, Fields&)>& read) {
  const auto [field, entry] = Take(name, {FieldKind::kNamed});
  if (entry == nullptr || entry->value->is_null()) return;
  const Node& section = *entry->value;
  if (!section.is_mapping()) {
    Wrong(section.span, name, "a mapping of names", section);
    return;
  }
  if (section.entries.size() > static_cast<std::size_t>(field->high)) {
    Say(code::kTooMany, entry->key_span,
        fmt::format("at most {} {} are allowed, not {}", field->high, name, section.entries.size()));
    return;
  }
  for (const Entry& resource : section.entries) {
    if (resource.key.starts_with("x-")) continue;
    if (!IsName(resource.key, field->name_low, field->name_high)) {
      Say(code::kBadName, resource.key_span,
          fmt::format("{} cannot be the name of a {}", Quoted(resource.key), RefKindName(kind)),
          fmt::format("names have {} to {} letters, digits, dots, underscores and hyphens", field->name_low,
                      field->name_high));
      continue;
    }
    Fields fields(*resource.value, resource.key_span, *field->object,
                  fmt::format("{}/{}", RefKindName(kind), resource.key), *report_);
    read(resource.key, resource.key_span, fields);
  }
}

}  // namespace millrace::config
