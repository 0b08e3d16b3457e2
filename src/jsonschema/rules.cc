#include "jsonschema/rules.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "json/write.h"
#include "jsonschema/limits.h"

namespace millrace::jsonschema {
namespace {

constexpr std::array<std::string_view, 9> kKeywords = {
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "const",   "enum",    "uniqueItems",      "pattern"};

void AppendCanonical(std::string& out, const json::Value& value) {
  switch (value.type()) {
    case json::Type::kNumber:
      out += Decimal(value.number()).Canonical();
      return;
    case json::Type::kArray:
      out += '[';
      for (const json::Value& element : value.array()) {
        AppendCanonical(out, element);
        out += ',';
      }
      out += ']';
      return;
    case json::Type::kObject: {
      std::vector<const json::Member*> members;
      for (const json::Member& member : value.object()) members.push_back(&member);
      std::ranges::sort(members, {}, &json::Member::name);
      out += '{';
      for (const json::Member* member : members) {
        json::AppendString(out, member->name);
        out += ':';
        AppendCanonical(out, member->value);
        out += ',';
      }
      out += '}';
      return;
    }
    default:
      json::AppendValue(out, value);
  }
}

bool HasDuplicates(std::span<const json::Value> elements) {
  std::vector<std::string> texts;
  texts.reserve(elements.size());
  for (const json::Value& element : elements) texts.push_back(CanonicalText(element));
  std::ranges::sort(texts);
  return std::ranges::adjacent_find(texts) != texts.end();
}

}  // namespace

struct Rules::Pattern {
  explicit Pattern(std::string_view text, const re2::RE2::Options& options)
      : expression(re2::StringPiece(text.data(), text.size()), options), source(text) {}
  re2::RE2 expression;
  std::string source;
};

Rules::Rules() = default;
Rules::~Rules() = default;

std::string CanonicalText(const json::Value& value) {
  std::string text;
  AppendCanonical(text, value);
  return text;
}

std::string Shown(const json::Value& value) {
  if (value.is_array() || value.is_object()) return value.is_array() ? "an array" : "an object";
  std::string text;
  json::AppendValue(text, value);
  if (text.size() <= limits::kShownBytesMax) return text;
  text.resize(limits::kShownBytesMax);
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
  if (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80) != 0) text.pop_back();
  return text + "…";
}

bool Rules::Knows(std::string_view keyword) {
  return std::ranges::find(kKeywords, keyword) != kKeywords.end();
}

Result<std::shared_ptr<const Rules>> Rules::Parse(const json::Value& keywords) {
  std::shared_ptr<Rules> rules(new Rules);
  for (const json::Member& member : keywords.object()) TRY(rules->Add(member.name, member.value));
  return std::shared_ptr<const Rules>(std::move(rules));
}

Status Rules::Add(std::string_view keyword, const json::Value& value) {
  if (keyword == "const") {
    constant_ = CanonicalText(value);
    return Ok();
  }
  if (keyword == "enum") {
    if (!value.is_array() || value.array().empty()) return InvalidArgument("enum takes a list of at least one value");
    values_.emplace();
    for (const json::Value& element : value.array()) values_->insert(CanonicalText(element));
    return Ok();
  }
  if (keyword == "uniqueItems") {
    if (!value.is_bool()) return InvalidArgument("uniqueItems takes true or false");
    unique_ = value.boolean();
    return Ok();
  }
  if (keyword == "pattern") {
    if (!value.is_string()) return InvalidArgument("pattern takes a regular expression as text");
    if (value.string().size() > limits::kPatternBytesMax)
      return InvalidArgument("the pattern has {} bytes; at most {} are allowed", value.string().size(),
                             limits::kPatternBytesMax);
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(limits::kPatternMemoryMax);
    pattern_ = std::make_unique<Pattern>(value.string(), options);
    if (!pattern_->expression.ok())
      return InvalidArgument(
          "the pattern {} is not a regular expression of RE2: {}. It has no lookaround, no backreferences, and "
          "\\x{{…}} instead of \\u…",
          Shown(value), pattern_->expression.error());
    return Ok();
  }
  if (!value.is_number()) return InvalidArgument("{} takes a number, not {}", keyword, Shown(value));
  Decimal number(value.number());
  if (keyword == "multipleOf") {
    if (number.is_zero() || number.is_negative() || number.digits() > limits::kMultipleDigitsMax)
      return InvalidArgument("multipleOf takes a number greater than zero of at most {} digits",
                             limits::kMultipleDigitsMax);
    multiple_of_ = std::move(number);
  } else if (keyword == "minimum") {
    minimum_ = std::move(number);
  } else if (keyword == "maximum") {
    maximum_ = std::move(number);
  } else if (keyword == "exclusiveMinimum") {
    exclusive_minimum_ = std::move(number);
  } else {
    exclusive_maximum_ = std::move(number);
  }
  return Ok();
}

std::optional<std::string> Rules::CheckNumber(const Decimal& number) const {
  if (minimum_ && number < *minimum_) return "it is less than 'minimum' allows";
  if (maximum_ && number > *maximum_) return "it is more than 'maximum' allows";
  if (exclusive_minimum_ && number <= *exclusive_minimum_) return "it is not more than 'exclusiveMinimum'";
  if (exclusive_maximum_ && number >= *exclusive_maximum_) return "it is not less than 'exclusiveMaximum'";
  if (multiple_of_ && !number.IsMultipleOf(*multiple_of_)) return "it is not a multiple of 'multipleOf'";
  return std::nullopt;
}

std::optional<std::string> Rules::Check(const json::Value& value) const {
  if (constant_ && CanonicalText(value) != *constant_) return "it is not the one value that 'const' allows";
  if (values_ && !values_->contains(CanonicalText(value))) return "it is none of the values that 'enum' allows";
  if (pattern_ != nullptr && value.is_string() &&
      !re2::RE2::PartialMatch(re2::StringPiece(value.string().data(), value.string().size()), pattern_->expression))
    return "it does not match the pattern " + pattern_->source;
  if (unique_ && value.is_array() && HasDuplicates(value.array())) return "two of its elements are the same";
  if (!value.is_number()) return std::nullopt;
  if (!minimum_ && !maximum_ && !exclusive_minimum_ && !exclusive_maximum_ && !multiple_of_) return std::nullopt;
  return CheckNumber(Decimal(value.number()));
}

}  // namespace millrace::jsonschema
