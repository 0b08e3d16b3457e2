#include "transform/template_parser.h"

#include <algorithm>
#include <array>

#include "base/nearest.h"
#include "json/parse.h"
#include "json/utf8.h"

namespace millrace::transform {
namespace {

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

struct Variable {
  std::string_view name;
  std::string_view Variables::*member;
};
constexpr std::array<Variable, 2> kRuleVariables{
    {{"aws.events.rule-arn", &Variables::rule_arn}, {"aws.events.rule-name", &Variables::rule_name}}};
constexpr std::array<Variable, 5> kPipeVariables{{{"aws.pipes.pipe-arn", &Variables::pipe_arn},
                                                  {"aws.pipes.pipe-name", &Variables::pipe_name},
                                                  {"aws.pipes.source-arn", &Variables::source_arn},
                                                  {"aws.pipes.enrichment-arn", &Variables::enrichment_arn},
                                                  {"aws.pipes.target-arn", &Variables::target_arn}}};

// JSON strings, each on lines of its own. Returns where it is something else.
std::optional<std::size_t> WhereNotStrings(std::string_view text) {
  json::Document document;
  bool separated = true;
  for (std::size_t at = 0; at < text.size();) {
    if (IsSpace(text[at])) {
      separated = separated || text[at] == '\n';
      ++at;
      continue;
    }
    if (text[at] != '"' || !separated) return at;
    std::size_t end = at + 1;
    while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
    if (end >= text.size()) return at;
    if (!document.Parse(text.substr(at, end + 1 - at)).ok()) return at;
    at = end + 1;
    separated = false;
  }
  return std::nullopt;
}

}  // namespace

template <class... Args>
Error TemplateParser::Refuse(fmt::format_string<Args...> format, Args&&... args) const {
  const std::string target = target_id_.empty() ? std::string() : fmt::format(" for target {}", target_id_);
  return InvalidArgument("InputTemplate{} {}", target, fmt::format(format, std::forward<Args>(args)...));
}

Result<InputTemplate> TemplateParser::ForRule(std::span<const InputPathEntry> paths, std::string_view text,
                                              std::string_view target_id) {
  return TemplateParser(Dialect::kRule, text, target_id).Parse(paths);
}

Result<InputTemplate> TemplateParser::ForPipe(std::string_view text) {
  return TemplateParser(Dialect::kPipe, text, {}).Parse({});
}

Result<InputTemplate> TemplateParser::Parse(std::span<const InputPathEntry> paths) {
  TRY(CheckText());
  TRY(TakePaths(paths));
  TRY(FindPlaceholders());
  DecideShape();
  TRY(RefuseKeys());
  return Build();
}

Status TemplateParser::CheckText() const {
  if (text_.empty()) return Refuse("is empty");
  const std::size_t characters = json::CountCharacters(text_);
  if (characters > InputTemplate::kCharactersMax) {
    return Refuse("has {} characters, more than {}", characters, InputTemplate::kCharactersMax);
  }
  if (!json::IsUtf8(text_)) return Refuse("is not valid UTF-8");
  return Ok();
}

Status TemplateParser::TakePaths(std::span<const InputPathEntry> paths) {
  if (paths.size() > InputTemplate::kPathsMax) {
    return Refuse("has {} entries in its InputPathsMap, more than {}", paths.size(), InputTemplate::kPathsMax);
  }
  for (const auto& [name, path] : paths) {
    const bool reserved = name.size() >= 4 && (name[0] == 'A' || name[0] == 'a') &&
                          (name[1] == 'W' || name[1] == 'w') && (name[2] == 'S' || name[2] == 's') && name[3] == '.';
    if (reserved) return Refuse("names a path '{}'; names that begin with 'AWS.' are reserved", name);
    if (name.empty() || name.size() > 256 || !std::ranges::all_of(name, IsNameCharacter)) {
      return Refuse("names a path '{}'; a name is 1 to 256 letters, digits, '-' and '_'", name);
    }
    if (std::ranges::find(paths_, name, [](const auto& entry) { return entry.first; }) != paths_.end()) {
      return Refuse("names two paths '{}'", name);
    }
    if (json::CountCharacters(path) > InputTemplate::kPathCharactersMax) {
      return Refuse("has a path '{}' of more than {} characters", name, InputTemplate::kPathCharactersMax);
    }
    auto parsed = EventPath::Parse(path);
    if (!parsed.ok()) return Refuse("has a bad path '{}': {}", name, parsed.error().message());
    paths_.emplace_back(name, *std::move(parsed));
  }
  return Ok();
}

Result<std::optional<std::size_t>> TemplateParser::PlaceholderEnd(std::size_t at) const {
  const std::string_view rest = text_.substr(at + 1);
  if (dialect_ == Dialect::kPipe) {
    const bool begins =
        rest.starts_with("$.") || rest.starts_with("$[") || rest.starts_with("$>") || rest.starts_with("aws.");
    if (!begins) return std::optional<std::size_t>();
    const std::size_t length = rest.find('>');
    if (length == std::string_view::npos) return Refuse("has a placeholder without '>' at character {}", at + 1);
    return std::optional<std::size_t>(at + 1 + length + 1);
  }
  // A rule's '<' is text only if no name and '>' follow, since it cannot be escaped.
  constexpr std::string_view kPathCharacters = ".$[]*/";
  std::size_t length = 0;
  while (length < rest.size() &&
         (IsNameCharacter(rest[length]) || kPathCharacters.find(rest[length]) != std::string_view::npos)) {
    ++length;
  }
  if (length == 0 || length == rest.size() || rest[length] != '>' || rest[0] == '/')
    return std::optional<std::size_t>();
  return std::optional<std::size_t>(at + 1 + length + 1);
}

Result<InputTemplate::Slot> TemplateParser::SlotOf(std::string_view name, std::size_t at) const {
  using Source = InputTemplate::Source;
  Slot slot;
  slot.name = name;
  const bool rule = dialect_ == Dialect::kRule;
  const std::string_view prefix = rule ? "aws.events." : "aws.pipes.";
  if (name.starts_with(prefix)) {
    const std::string_view rest = name.substr(prefix.size());
    if (rest == "event.ingestion-time") {
      slot.source = Source::kIngestionTime;
      return slot;
    }
    if (rest == "event" && rule) {
      slot.source = Source::kEventWithoutDetail;
      return slot;
    }
    if (rest == "event" || rest == "event.json") {
      ASSIGN_OR_RETURN(slot.path, EventPath::Parse("$"));
      return slot;
    }
  }
  const std::span<const Variable> variables =
      rule ? std::span<const Variable>(kRuleVariables) : std::span<const Variable>(kPipeVariables);
  if (const auto found = std::ranges::find(variables, name, &Variable::name); found != variables.end()) {
    slot.source = Source::kVariable;
    slot.variable = found->member;
    return slot;
  }
  if (!rule && name.starts_with('$')) {
    auto path = EventPath::Parse(name);
    if (!path.ok()) return Refuse("has a bad placeholder at character {}: {}", at + 1, path.error().message());
    slot.path = *std::move(path);
    return slot;
  }
  const auto path = std::ranges::find(paths_, name, [](const auto& entry) { return entry.first; });
  if (path != paths_.end()) {
    slot.path = path->second;
    return slot;
  }
  // https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html; the words were recorded.
  if (!target_id_.empty()) return Refuse("contains invalid placeholder {}.", name);
  std::vector<std::string_view> known;
  for (const auto& [own, unused] : paths_) known.push_back(own);
  for (const Variable& variable : variables) known.push_back(variable.name);
  constexpr std::array<std::string_view, 3> kEvent{"event", "event.json", "event.ingestion-time"};
  std::vector<std::string> event_names;
  for (const std::string_view event : kEvent) event_names.push_back(std::string(prefix) + std::string(event));
  known.insert(known.end(), event_names.begin(), event_names.end());
  const std::string_view nearest = Nearest(name, known);
  const std::string hint = !nearest.empty() ? fmt::format("; did you mean <{}>?", nearest)
                           : rule           ? std::string("; add it to the paths")
                                            : std::string();
  return Refuse("contains invalid placeholder {} at character {}{}", name, at + 1, hint);
}

Status TemplateParser::FindPlaceholders() {
  bool in_string = false;
  for (std::size_t at = 0; at < text_.size();) {
    const char c = text_[at];
    if (c == '<') {
      ASSIGN_OR_RETURN(const auto end, PlaceholderEnd(at));
      if (end) {
        ASSIGN_OR_RETURN(auto slot, SlotOf(text_.substr(at + 1, *end - at - 2), at));
        placeholders_.push_back({at, *end, in_string, std::move(slot)});
        at = *end;
        continue;
      }
    }
    if (c == '"') in_string = !in_string;
    const bool escaped_quote = in_string && c == '\\' && at + 1 < text_.size() && text_[at + 1] != '<';
    at += escaped_quote ? 2 : 1;
  }
  return Ok();
}

// As long as the text, so that an offset means the same in both.
std::string TemplateParser::Skeleton() const {
  std::string skeleton(text_);
  for (const Placeholder& placeholder : placeholders_) {
    const std::size_t length = placeholder.end - placeholder.begin;
    skeleton.replace(placeholder.begin, length, std::string(length, placeholder.in_string ? 'x' : ' '));
    // Two quotes cannot be taken for part of what stands beside them, as a digit could.
    if (!placeholder.in_string) skeleton.replace(placeholder.begin, 2, "\"\"");
  }
  return skeleton;
}

void TemplateParser::DecideShape() {
  skeleton_ = Skeleton();
  const std::size_t first = skeleton_.find_first_not_of(" \t\r\n");
  const char begin = first == std::string::npos ? '\0' : text_[first];
  const bool text_is_fine = dialect_ == Dialect::kPipe;
  if (begin == '"') {
    auto wrong = WhereNotStrings(skeleton_);
    for (const Placeholder& placeholder : placeholders_) {
      if (!placeholder.in_string) wrong = std::min(wrong.value_or(placeholder.begin), placeholder.begin);
    }
    shape_ = wrong && text_is_fine ? Shape::kText : Shape::kStrings;
    if (wrong && !text_is_fine) {
      problem_ = fmt::format(
          "the InputTemplate does not make JSON: at character {}, expected nothing but JSON strings, one on a line",
          *wrong + 1);
    }
    return;
  }
  json::Document document;
  const Status parsed = document.Parse(skeleton_, {.duplicate_names = json::DuplicateNames::kKeepAll});
  shape_ = Shape::kJson;
  if (parsed.ok()) return;
  // A pipe's text may begin with anything, but a brace promises an object.
  if (text_is_fine && begin != '{') {
    shape_ = Shape::kText;
    return;
  }
  problem_ = fmt::format("the InputTemplate does not make JSON: {}", parsed.error().message());
}

// "The placeholder cannot be used as an object key."
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_InputTransformer.html
Status TemplateParser::RefuseKeys() const {
  if (shape_ != Shape::kJson) return Ok();
  for (const Placeholder& placeholder : placeholders_) {
    if (placeholder.in_string && dialect_ == Dialect::kPipe) continue;  // pipes have no such rule
    std::size_t at = placeholder.end;
    if (placeholder.in_string) {
      while (at < skeleton_.size() && skeleton_[at] != '"') at += skeleton_[at] == '\\' ? 2 : 1;
      ++at;
    }
    while (at < skeleton_.size() && IsSpace(skeleton_[at])) ++at;
    if (at < skeleton_.size() && skeleton_[at] == ':') {
      return Refuse("uses placeholder {} at character {} as an object key", placeholder.slot.name,
                    placeholder.begin + 1);
    }
  }
  return Ok();
}

std::string TemplateParser::Literal(std::size_t begin, std::size_t end, bool& in_string) const {
  if (shape_ != Shape::kJson) return std::string(text_.substr(begin, end - begin));
  std::string literal;
  for (std::size_t at = begin; at < end; ++at) {
    const char c = text_[at];
    if (!in_string && IsSpace(c)) continue;
    if (c == '"') in_string = !in_string;
    literal.push_back(c);
    if (in_string && c == '\\' && at + 1 < end) literal.push_back(text_[++at]);
  }
  return literal;
}

InputTemplate TemplateParser::Build() {
  InputTemplate result;
  result.shape_ = shape_;
  result.problem_ = std::move(problem_);
  std::size_t at = 0;
  std::size_t end = text_.size();
  if (shape_ == Shape::kStrings) {
    while (at < end && IsSpace(text_[at])) ++at;
    while (end > at && IsSpace(text_[end - 1])) --end;
  }
  bool in_string = false;
  for (Placeholder& placeholder : placeholders_) {
    // In an object of a rule EventBridge puts arrays and objects into strings as they are.
    const bool as_is = dialect_ == Dialect::kRule && shape_ == Shape::kJson;
    placeholder.slot.position = shape_ == Shape::kText   ? Position::kText
                                : !placeholder.in_string ? Position::kValue
                                : as_is                  ? Position::kInStringAsIs
                                                         : Position::kInString;
    result.pieces_.push_back({Literal(at, placeholder.begin, in_string), std::move(placeholder.slot)});
    at = placeholder.end;
  }
  result.rest_ = Literal(at, end, in_string);
  return result;
}

Result<InputTemplate> InputTemplate::ForRule(std::span<const InputPathEntry> paths, std::string_view text,
                                             std::string_view target_id) {
  return TemplateParser::ForRule(paths, text, target_id);
}

Result<InputTemplate> InputTemplate::ForPipe(std::string_view text) {
  return TemplateParser::ForPipe(text);
}

}  // namespace millrace::transform
