#include "pattern/pattern.h"

#include <algorithm>
#include <map>
#include <utility>

#include "json/parse.h"
#include "pattern/complexity.h"
#include "pattern/parser.h"

namespace millrace::pattern {
namespace {

// The place as the service prints it: with the text, cut at 500 characters.
std::string PlaceText(std::string_view text, const TokenReader::Position& position) {
  constexpr std::size_t kShownMax = 500;
  const auto begins_character = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
  std::size_t shown = 0;
  std::size_t characters = 0;
  std::size_t hidden = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (begins_character(text[i])) {
      if (characters == kShownMax) {
        ++hidden;
        continue;
      }
      ++characters;
    }
    if (hidden == 0) shown = i + 1;
  }
  std::string out = fmt::format("\n at [Source: (String)\"{}\"", text.substr(0, shown));
  if (hidden > 0) out += fmt::format("[truncated {} chars]", hidden);
  return out + fmt::format("; line: {}, column: {}]", position.line, position.column);
}

// The text without what follows the object at its beginning.
std::string_view UpToClosingBrace(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && depth > 0 && --depth == 0) {
      return text.substr(0, i + 1);
    }
  }
  return text;
}

bool IsWildcard(const Alternative& alternative) {
  return std::holds_alternative<Wildcard>(alternative) || std::holds_alternative<AnythingButWildcards>(alternative) ||
         std::holds_alternative<FoldedWildcard>(alternative);
}

Error Fail(ParseFailure* failure, std::string reason) {
  if (failure != nullptr) *failure = {reason, 0, 0};
  return Error(ErrorCode::kInvalidArgument, {}, std::move(reason));
}

Error Fail(ParseFailure* failure, std::string_view text, const Parser& parser, const Error& error) {
  if (!parser.failed_at()) return Fail(failure, error.message());
  if (failure != nullptr) *failure = {error.message(), parser.failed_at()->line, parser.failed_at()->column};
  std::string message = error.message();
  const std::string place = PlaceText(text, *parser.failed_at());
  for (int i = 0; i < parser.place_repeats(); ++i) message += place;
  return Error(ErrorCode::kInvalidArgument, {}, std::move(message));
}

}  // namespace

Result<Pattern> Pattern::Parse(std::string_view json_text, ParseFailure* failure, const ParseOptions& options) {
  if (json_text.size() > options.bytes_max) {
    return Fail(failure, fmt::format("a pattern of {} bytes is longer than {}", json_text.size(), options.bytes_max));
  }
  json::Document document;
  const Status valid =
      document.Parse(options.dialect == Dialect::kAws ? UpToClosingBrace(json_text) : json_text,
                     {.depth_max = options.depth_max, .duplicate_names = json::DuplicateNames::kKeepAll});
  if (!valid.ok()) return Fail(failure, valid.error().message());

  Parser parser(json_text, Parser::OrMeans::kOperator, options);
  const Status status = parser.Parse();
  Parser* accepted = &parser;
  Parser with_or_field(json_text, Parser::OrMeans::kField, options);
  if (!status.ok()) {
    if (!with_or_field.Parse().ok()) return Fail(failure, json_text, parser, status.error());
    accepted = &with_or_field;
  }

  Pattern pattern;
  pattern.conditions_ = std::move(accepted->conditions());
  for (const Condition& condition : pattern.conditions_) {
    pattern.path_of_.push_back(pattern.paths_.Add(condition.path));
    pattern.has_wildcards_ |= std::ranges::any_of(condition.others, IsWildcard);
    if (Complexity(condition, kComplexityMax) > kComplexityMax) {
      return Fail(failure,
                  "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
                  "after a wildcard character");
    }
  }
  for (const Parser::Combination& combination : accepted->combinations()) {
    std::vector<std::uint32_t>& indexes = pattern.combinations_.emplace_back();
    for (const auto& [path, of_path] : combination) indexes.insert(indexes.end(), of_path.begin(), of_path.end());
  }
  return pattern;
}

}  // namespace millrace::pattern
