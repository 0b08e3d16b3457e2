#include "json/path.h"

#include <charconv>

namespace millrace::json {
namespace {

Error BadPath(std::string_view text, std::size_t at, std::string_view what) {
  return InvalidArgument("invalid JSON path '{}' at character {}: {}", text, at + 1, what);
}

// What may not stand in a name after a dot.
bool IsReserved(char c) {
  constexpr std::string_view kReserved = "[]()*'\"?@!,$\\<>{}";
  return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || kReserved.find(c) != std::string_view::npos;
}

using Step = PathPattern::Step;

// The forms of a step; each begins at `at` and moves it past the step.
Result<Step> TakeDotName(std::string_view text, std::size_t& at) {
  const std::size_t begin = at + 1;
  std::size_t end = begin;
  while (end < text.size() && text[end] != '.' && text[end] != '[') {
    if (text[end] == '*') return BadPath(text, end, "a wildcard stands alone, as '.*' or '[*]'");
    if (IsReserved(text[end])) return BadPath(text, end, "write a name with this character as ['name']");
    ++end;
  }
  if (end == begin && end < text.size() && text[end] == '.') return BadPath(text, end, "'..' is not supported");
  if (end == begin) return BadPath(text, begin, "expected a name after '.'");
  at = end;
  return Step(std::string(text.substr(begin, end - begin)));
}

Result<Step> TakeQuotedName(std::string_view text, std::size_t& at) {
  const char quote = text[at + 1];
  std::string name;
  std::size_t i = at + 2;
  for (; i < text.size() && text[i] != quote; ++i) {
    if (text[i] == '\\') {
      ++i;
      if (i >= text.size() || (text[i] != quote && text[i] != '\\')) {
        return BadPath(text, i - 1, "a backslash may stand only before a quote or a backslash");
      }
    }
    name.push_back(text[i]);
  }
  if (i >= text.size()) return BadPath(text, at, "the quoted name has no end");
  if (i + 1 >= text.size() || text[i + 1] != ']') return BadPath(text, i + 1, "expected ']' after the quoted name");
  at = i + 2;
  return Step(std::move(name));
}

Result<Step> TakeIndex(std::string_view text, std::size_t& at) {
  const std::size_t begin = at + 1;
  if (begin < text.size() && text[begin] == '-') return BadPath(text, begin, "negative indexes are not supported");
  Path::Index index = 0;
  const auto [end, failed] = std::from_chars(text.data() + begin, text.data() + text.size(), index);
  if (failed != std::errc()) return BadPath(text, begin, "expected an index or a quoted name after '['");
  const std::size_t close = static_cast<std::size_t>(end - text.data());
  if (close >= text.size() || text[close] != ']') return BadPath(text, close, "expected ']' after the index");
  at = close + 1;
  return Step(index);
}

// ".*" or "[*]" at `at`: how long it is, or 0.
std::size_t WildcardLength(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("[*]")) return 3;
  if (rest.starts_with(".*") && (rest.size() == 2 || rest[2] == '.' || rest[2] == '[')) return 2;
  return 0;
}

enum class Wildcards { kRefuse, kAllow };

Result<std::vector<Step>> ParseSteps(std::string_view text, Wildcards wildcards) {
  if (text.size() > Path::kBytesMax) {
    return InvalidArgument("a JSON path of {} bytes is longer than {}", text.size(), Path::kBytesMax);
  }
  if (text.empty() || text[0] != '$') return BadPath(text, 0, "a path begins with '$'");
  std::vector<Step> steps;
  std::size_t at = 1;
  while (at < text.size()) {
    if (const std::size_t length = WildcardLength(text, at); length > 0) {
      if (wildcards == Wildcards::kRefuse) return BadPath(text, at + 1, "wildcards are not supported");
      steps.emplace_back(Wildcard{});
      at += length;
      continue;
    }
    const bool quoted = at + 1 < text.size() && (text[at + 1] == '\'' || text[at + 1] == '"');
    if (text[at] != '.' && text[at] != '[') return BadPath(text, at, "expected '.' or '['");
    ASSIGN_OR_RETURN(auto step, text[at] == '.' ? TakeDotName(text, at)
                                : quoted        ? TakeQuotedName(text, at)
                                                : TakeIndex(text, at));
    steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace

Result<Path> Path::Parse(std::string_view text) {
  ASSIGN_OR_RETURN(auto steps, ParseSteps(text, Wildcards::kRefuse));
  Path path;
  path.text_ = text;
  path.steps_.reserve(steps.size());
  for (auto& step : steps) {
    if (Index* index = std::get_if<Index>(&step)) {
      path.steps_.emplace_back(*index);
    } else {
      path.steps_.emplace_back(std::move(std::get<Name>(step)));
    }
  }
  return path;
}

Result<PathPattern> PathPattern::Parse(std::string_view text) {
  ASSIGN_OR_RETURN(auto steps, ParseSteps(text, Wildcards::kAllow));
  PathPattern pattern;
  pattern.text_ = text;
  pattern.steps_ = std::move(steps);
  return pattern;
}

const Value* Path::Resolve(const Value& root) const {
  const Value* value = &root;
  for (const Step& step : steps_) {
    if (const Index* index = std::get_if<Index>(&step)) {
      if (!value->is_array() || *index >= value->array().size()) return nullptr;
      value = &value->array()[*index];
    } else {
      value = value->Find(std::get<Name>(step));
      if (value == nullptr) return nullptr;
    }
  }
  return value;
}

}  // namespace millrace::json
