// Event patterns and other values written as YAML become JSON text here.
#include "config/fields.h"

#include <fmt/core.h>
#include "config/limits.h"
#include "config/scalar.h"
#include "json/parse.h"
#include "json/write.h"
#include "pattern/pattern.h"

namespace millrace::config {

std::vector<FoundPattern> Fields::Patterns(std::string_view name) {
  const auto [field, entry] = Take(name, {FieldKind::kPattern, FieldKind::kPatterns});
  std::vector<FoundPattern> patterns;
  if (entry == nullptr) return patterns;
  const Node& value = *entry->value;
  if (field->kind == FieldKind::kPattern || !value.is_sequence()) {
    if (auto pattern = ParsePattern(name, value, entry->key_span))
      patterns.emplace_back(*std::move(pattern), entry->value);
    return patterns;
  }
  if (value.items.empty() || value.items.size() > static_cast<std::size_t>(field->high)) {
    Say(code::kTooMany, entry->key_span,
        fmt::format("{} takes 1 to {} patterns, not {}", name, field->high, value.items.size()));
    return patterns;
  }
  for (const NodePtr& item : value.items)
    if (auto pattern = ParsePattern(name, *item, item->span)) patterns.emplace_back(*std::move(pattern), item);
  return patterns;
}

namespace {

// Writes nodes as JSON and remembers where in the JSON each began.
class PatternWriter {
 public:
  std::string json;
  std::vector<std::pair<std::size_t, Span>> places;  // ascending
  const Node* infinite = nullptr;                    // a number that JSON cannot say
  const Node* expression = nullptr;

  // Bounded by the tree's own nesting.
  void Write(const Node& node) {
    places.emplace_back(json.size(), node.span);
    if (!node.function.empty()) expression = &node;
    switch (node.type) {
      case NodeType::kNull:
        json += "null";
        break;
      case NodeType::kBool:
        json += node.text[0] == 't' || node.text[0] == 'T' ? "true" : "false";
        break;
      case NodeType::kInteger:
      case NodeType::kFloat:
        if (const auto number = JsonNumber(node.text))
          json += *number;
        else
          infinite = &node;
        break;
      case NodeType::kText:
        if (node.text.starts_with("{%")) expression = &node;
        json::AppendString(json, node.text);
        break;
      case NodeType::kSequence:
        json.push_back('[');
        for (const NodePtr& item : node.items) {
          if (item != node.items.front()) json.push_back(',');
          Write(*item);
        }
        json.push_back(']');
        break;
      case NodeType::kMapping:
        json.push_back('{');
        for (const Entry& entry : node.entries) {
          if (&entry != &node.entries.front()) json.push_back(',');
          places.emplace_back(json.size(), entry.key_span);
          json::AppendString(json, entry.key);
          json.push_back(':');
          Write(*entry.value);
        }
        json.push_back('}');
        break;
    }
  }

  // What is to blame. The service names the place behind the token at which it stops, in UTF-16 units from 1; when it
  // stops because of a key, that token is the key's value.
  Span PlaceOf(const pattern::ParseFailure& failure) const {
    std::size_t end = 0;
    for (std::uint32_t units = 1; end < json.size() && units < failure.column; ++end) {
      const auto c = static_cast<unsigned char>(json[end]);
      if ((c & 0xc0) != 0x80) units += c >= 0xf0 ? 2 : 1;
    }
    std::size_t last = 0;
    while (last + 1 < places.size() && places[last + 1].first < end) ++last;
    if (last == 0) return places[0].second;
    const std::string_view before = std::string_view(json).substr(places[last - 1].first);
    const std::size_t key_end = places[last].first - places[last - 1].first;
    const bool is_key = key_end > 3 && before[key_end - 1] == ':' && before[key_end - 2] == '"';
    const bool blamed = is_key && failure.reason.ends_with(before.substr(1, key_end - 3));
    return places[blamed ? last - 1 : last].second;
  }
};

// JSON as the tree that the same text in YAML would be; all of it stands where the text stands.
NodePtr NodeOf(const json::Value& value, Span span) {
  auto node = std::make_shared<Node>();
  node->span = span;
  switch (value.type()) {
    case json::Type::kNull:
      break;
    case json::Type::kBool:
      node->type = NodeType::kBool;
      node->text = value.boolean() ? "true" : "false";
      break;
    case json::Type::kNumber:
      node->type = NodeType::kFloat;
      json::AppendValue(node->text, value);
      break;
    case json::Type::kString:
      node->type = NodeType::kText;
      node->text = value.string();
      break;
    case json::Type::kArray:
      node->type = NodeType::kSequence;
      for (const json::Value& item : value.array()) node->items.push_back(NodeOf(item, span));
      break;
    case json::Type::kObject:
      node->type = NodeType::kMapping;
      for (const json::Member& member : value.object())
        node->entries.push_back({std::string(member.name), NodeType::kText, span, NodeOf(member.value, span)});
      break;
  }
  return node;
}

}  // namespace

std::optional<std::string> Fields::Json(std::string_view name) {
  const auto [field, entry] = Take(name, {FieldKind::kJson});
  if (entry == nullptr) return std::nullopt;
  PatternWriter writer;
  writer.Write(*entry->value);
  if (writer.expression != nullptr) {
    IsExpression(*writer.expression);
    return std::nullopt;
  }
  if (writer.infinite != nullptr) {
    Wrong(writer.infinite->span, name, "finite", *writer.infinite);
    return std::nullopt;
  }
  return std::move(writer.json);
}

std::optional<FoundPattern> Fields::PatternOfText(std::string_view name) {
  const auto [field, entry] = Take(name, {FieldKind::kPatternText});
  if (entry == nullptr || IsExpression(*entry->value)) return std::nullopt;
  const Node& value = *entry->value;
  if (!value.is_text()) {
    Wrong(value.span, name, "an event pattern as JSON text", value,
          value.is_mapping() ? "write it with quotes: '{\"eventName\": [\"INSERT\"]}'" : "");
    return std::nullopt;
  }
  json::Document document;
  pattern::ParseFailure failure;
  const bool fits = value.text.size() <= pattern::limits::kPatternBytesMax;
  if (!fits || !pattern::Pattern::Parse(value.text, &failure).ok()) {
    Say(code::kBadPattern, value.span,
        fits ? fmt::format("{}: the event pattern is not valid: {}", Path(name), failure.reason)
             : fmt::format("{} has {} bytes; at most {} are allowed", Path(name), value.text.size(),
                           pattern::limits::kPatternBytesMax));
    return std::nullopt;
  }
  // A pattern that repeats a name is good; its tree only helps to say that it can never match.
  const bool known = document.Parse(value.text).ok();
  return FoundPattern({value.text, value.span}, known ? NodeOf(document.root(), value.span) : std::make_shared<Node>());
}

std::optional<PatternText> Fields::ParsePattern(std::string_view name, const Node& node, Span span) {
  if (!node.is_mapping()) {
    Wrong(node.span, name, "a mapping: an event pattern", node);
    return std::nullopt;
  }
  PatternWriter writer;
  writer.Write(node);
  if (writer.expression != nullptr) {
    IsExpression(*writer.expression);
    return std::nullopt;
  }
  if (writer.infinite != nullptr) {
    Wrong(writer.infinite->span, "a number in a pattern", "finite", *writer.infinite);
    return std::nullopt;
  }
  if (writer.json.size() > pattern::limits::kPatternBytesMax) {
    Say(code::kTooMany, span,
        fmt::format("the pattern has {} bytes as JSON; at most {} are allowed", writer.json.size(),
                    pattern::limits::kPatternBytesMax));
    return std::nullopt;
  }
  pattern::ParseFailure failure;
  if (!pattern::Pattern::Parse(writer.json, &failure).ok()) {
    Say(code::kBadPattern, failure.line == 1 ? writer.PlaceOf(failure) : span,
        fmt::format("the event pattern is not valid: {}", failure.reason),
        fmt::format("as JSON it is {}", writer.json));
    return std::nullopt;
  }
  return PatternText{std::move(writer.json), span};
}

}  // namespace millrace::config
