// Event patterns and other values written as YAML become JSON text here.
#include "config/fields.h"

#include <fmt/core.h>
#include "config/limits.h"
#include "config/scalar.h"
#include "json/write.h"
#include "pattern/pattern.h"

namespace millrace::config {

std::vector<std::pair<PatternText, const Node*>> Fields::Patterns(std::string_view name) {
  const auto [field, entry] = Take(name, {FieldKind::kPattern, FieldKind::kPatterns});
  std::vector<std::pair<PatternText, const Node*>> patterns;
  if (entry == nullptr) return patterns;
  const Node& value = *entry->value;
  if (field->kind == FieldKind::kPattern || !value.is_sequence()) {
    if (auto pattern = ParsePattern(value, entry->key_span)) patterns.emplace_back(*std::move(pattern), &value);
    return patterns;
  }
  if (value.items.empty() || value.items.size() > static_cast<std::size_t>(field->high)) {
    Say(code::kTooMany, entry->key_span,
        fmt::format("{} takes 1 to {} patterns, not {}", name, field->high, value.items.size()));
    return patterns;
  }
  for (const NodePtr& item : value.items)
    if (auto pattern = ParsePattern(*item, item->span)) patterns.emplace_back(*std::move(pattern), item.get());
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

std::optional<PatternText> Fields::ParsePattern(const Node& node, Span span) {
  if (!node.is_mapping()) {
    Wrong(node.span, "match", "a mapping: an event pattern", node);
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
