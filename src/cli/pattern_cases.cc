#include "cli/pattern_cases.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string_view>
#include <vector>

#include "cli/config_file.h"
#include "cli/exit_code.h"
#include "cli/lines.h"
#include "cli/pattern_command.h"
#include "json/parse.h"
#include "json/write.h"
#include "pattern/matcher.h"

namespace millrace::cli {
namespace {

constexpr std::string_view kServicePrefix = "Event pattern is not valid. Reason: ";

// A JSON text in a string, or an object as text. None: neither.
std::optional<std::string> TextOf(const json::Value* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return std::string(value->string());
  if (!value->is_object()) return std::nullopt;
  std::string text;
  json::AppendValue(text, *value);
  return text;
}

std::string ListOf(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "none" : out;
}

// What is wrong with a case; nothing if it passes.
using Failure = std::optional<std::string>;

class Case {
 public:
  Case(const json::Value& line, const pattern::ParseOptions& options) : line_(line), options_(options) {}

  Failure Run() const {
    if (!line_.is_object()) return "not a case: not a JSON object";
    const bool one = line_.Find("r") != nullptr, many = line_.Find("rules") != nullptr;
    if (one == many) return "not a case: it has r and e, or rules, e and matches";
    return many ? RunRules() : line_.Find("match") != nullptr ? RunMatch() : RunRefusal();
  }

 private:
  Failure RunMatch() const {
    const auto text = TextOf(line_.Find("r")), event = TextOf(line_.Find("e"));
    const json::Value& match = *line_.Find("match");
    if (!text || !event || !match.is_bool())
      return "not a case: r and e are JSON in a string, or objects; match is true or false";
    const auto pattern = pattern::Pattern::Parse(*text, nullptr, options_);
    if (!pattern.ok()) return "the pattern is not valid: " + pattern.error().message();
    pattern::Matcher matcher;
    if (const Status added = matcher.Add(0, *pattern); !added.ok()) return added.error().message();
    pattern::MatchReader reader(matcher);
    const auto matches = reader.Match(*event);
    if (!matches.ok()) return "the event is not valid: " + matches.error().message();
    if (matches->empty() != match.boolean()) return std::nullopt;
    return match.boolean() ? "expected a match, got none" : "expected no match, got one";
  }

  Failure RunRefusal() const {
    const auto text = TextOf(line_.Find("r"));
    const json::Value* error = line_.Find("error");
    if (!text || (error != nullptr && !error->is_string()))
      return "not a case: r is JSON in a string, or an object; error is text";
    pattern::ParseFailure failure;
    const auto pattern = pattern::Pattern::Parse(*text, &failure, options_);
    if (pattern.ok()) return "expected the pattern to be refused, it is valid";
    if (error == nullptr) return std::nullopt;
    std::string_view wanted = error->string();
    if (wanted.starts_with(kServicePrefix)) wanted.remove_prefix(kServicePrefix.size());
    if (wanted == failure.reason || wanted == pattern.error().message()) return std::nullopt;
    return fmt::format("expected to be refused with: {}; got: {}", wanted, failure.reason);
  }

  Failure RunRules() const {
    const json::Value& rules = *line_.Find("rules");
    const auto event = TextOf(line_.Find("e"));
    const json::Value* matches = line_.Find("matches");
    if (!rules.is_object() || !event || matches == nullptr || !matches->is_array()) {
      return "not a case: rules is an object of patterns, e is JSON in a string or an object, matches is a list of "
             "names";
    }
    std::vector<std::string> names, wanted, found;
    for (const json::Value& name : matches->array()) {
      if (!name.is_string()) return "not a case: matches is a list of names";
      wanted.emplace_back(name.string());
      if (rules.Find(name.string()) == nullptr) return fmt::format("not a case: there is no rule {}", name.string());
    }
    pattern::Matcher matcher;
    for (const json::Member& rule : rules.object()) {
      const auto text = TextOf(&rule.value);
      if (!text) return fmt::format("not a case: rule {} is no pattern", rule.name);
      const auto pattern = pattern::Pattern::Parse(*text, nullptr, options_);
      if (!pattern.ok()) return fmt::format("rule {} is not valid: {}", rule.name, pattern.error().message());
      const Status added = matcher.Add(static_cast<pattern::RuleId>(names.size()), *pattern);
      if (!added.ok()) return added.error().message();
      names.emplace_back(rule.name);
    }
    pattern::MatchReader reader(matcher);
    const auto ids = reader.Match(*event);
    if (!ids.ok()) return "the event is not valid: " + ids.error().message();
    for (const pattern::RuleId id : *ids) found.push_back(names[id]);
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    std::sort(found.begin(), found.end());
    if (found == wanted) return std::nullopt;
    return fmt::format("expected {} to match, got {}", ListOf(wanted), ListOf(found));
  }

  const json::Value& line_;
  const pattern::ParseOptions& options_;
};

int RunCases(std::istream& in, const pattern::ParseOptions& options, Io& io) {
  json::Document document;
  std::size_t passed = 0, failed = 0;
  Lines lines(in, kEventBytesMax);
  while (lines.Next()) {
    if (lines.blank()) continue;
    Failure failure;
    std::string name;
    if (lines.too_long()) {
      failure = fmt::format("the line has more than {} bytes", kEventBytesMax);
    } else if (const Status status = document.Parse(lines.text(), {.duplicate_names = json::DuplicateNames::kKeepAll});
               !status.ok()) {
      failure = "not a case: " + status.error().message();
    } else {
      failure = Case(document.root(), options).Run();
      const json::Value* given = document.root().Find("n");
      if (given != nullptr && given->is_string()) name = fmt::format(" ({})", given->string());
    }
    ++(failure ? failed : passed);
    if (failure) io.out << fmt::format("line {}{}: {}\n", lines.number(), name, *failure);
  }
  io.out << fmt::format("{} passed, {} failed\n", passed, failed);
  return failed > 0 ? kExitFailed : kExitOk;
}

}  // namespace

int PatternCases(const std::string& file, const pattern::ParseOptions& options, Io& io) {
  if (file == "-") return RunCases(io.in, options, io);
  std::ifstream in(Resolved(io, file), std::ios::binary);
  if (in.is_open()) in.peek();  // a directory opens, but cannot be read
  if (!in.is_open() || in.bad()) {
    Complain(io, fmt::format("{} cannot be read", file), {}, "give the name of a file, or - for standard input");
    return kExitInvalid;
  }
  return RunCases(in, options, io);
}

}  // namespace millrace::cli
