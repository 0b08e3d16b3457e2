#include "cli/pattern_command.h"

#include <fmt/core.h>

#include <optional>
#include <variant>

#include "base/check.h"
#include "cli/config_file.h"
#include "cli/exit_code.h"
#include "cli/lines.h"
#include "config/limits.h"
#include "json/parse.h"
#include "pattern/explain.h"
#include "pattern/matcher.h"
#include "pattern/pattern.h"

namespace millrace::cli {
namespace {

// Of equal names in an event all count, as they do for the service.
constexpr json::ParseOptions kEventOptions{.depth_max = 1000, .duplicate_names = json::DuplicateNames::kKeepAll};

struct Argument {
  std::string name;  // for messages
  std::string text;
};

// None: it cannot be read, which was said.
std::optional<Argument> Read(const std::string& argument, std::string_view what, Io& io) {
  const std::size_t first = argument.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && argument[first] == '{') return Argument{std::string(what), argument};
  if (argument == "-") return Argument{fmt::format("{} <stdin>", what), ReadAll(io.in, config::limits::kFileBytesMax)};
  auto text = config::ReadConfigFile(Resolved(io, argument));
  if (!text.ok()) {
    Complain(io, fmt::format("the {} cannot be read: {}", what, text.error().message()), {},
             "give JSON in quotes, the name of a file, or - for standard input");
    return std::nullopt;
  }
  return Argument{fmt::format("{} {}", what, argument), *std::move(text)};
}

std::optional<pattern::Pattern> ReadPattern(const std::string& argument, const pattern::ParseOptions& options, Io& io) {
  const auto text = Read(argument, "pattern", io);
  if (!text) return std::nullopt;
  pattern::ParseFailure failure;
  auto parsed = pattern::Pattern::Parse(text->text, &failure, options);
  if (parsed.ok()) return *std::move(parsed);
  const std::string reason = failure.reason.empty() ? parsed.error().message() : failure.reason;
  Complain(io, fmt::format("the {} is not valid: {}", text->name, reason),
           failure.line > 0 ? fmt::format("found before line {}, column {}", failure.line, failure.column) : "");
  return std::nullopt;
}

// False: it cannot be read or is no event, which was said.
bool ReadEvent(const std::string& argument, Io& io, json::Document& document) {
  const auto text = Read(argument, "event", io);
  if (!text) return false;
  const Status status = document.Parse(text->text, kEventOptions);
  if (status.ok() && document.root().is_object()) return true;
  Complain(io, fmt::format("the {} is not valid: {}", text->name,
                           status.ok() ? "an event is a JSON object" : status.error().message()));
  return false;
}

struct Pair {
  pattern::Pattern pattern;
  json::Document event;
};

// A pattern and an event, or the exit code for what is wrong with them.
std::variant<Pair, int> ReadPair(const std::string& pattern, const std::string& event,
                                 const pattern::ParseOptions& options, Io& io) {
  if (pattern == "-" && event == "-") {
    Complain(io, "the pattern and the event cannot both come from standard input");
    return kExitUsage;
  }
  auto parsed = ReadPattern(pattern, options, io);
  if (!parsed) return kExitInvalid;
  Pair pair{*std::move(parsed), {}};
  if (!ReadEvent(event, io, pair.event)) return kExitInvalid;
  return pair;
}

}  // namespace

int PatternTest(const std::string& pattern, const std::string& event, const pattern::ParseOptions& options, Io& io) {
  const auto read = ReadPair(pattern, event, options, io);
  if (const int* code = std::get_if<int>(&read)) return *code;
  const Pair& pair = std::get<Pair>(read);
  const bool matches = pair.pattern.Matches(pair.event.root());
  io.out << (matches ? "match\n" : "no match\n");
  return matches ? kExitOk : kExitFailed;
}

int PatternExplain(const std::string& pattern, const std::string& event, const pattern::ParseOptions& options, Io& io) {
  pattern::ParseOptions with_source = options;
  with_source.keep_source = true;
  const auto read = ReadPair(pattern, event, with_source, io);
  if (const int* code = std::get_if<int>(&read)) return *code;
  const Pair& pair = std::get<Pair>(read);
  const pattern::Explanation explanation = pattern::Explain(pair.pattern, pair.event.root());
  io.out << pattern::RenderText(explanation);
  return explanation.matches ? kExitOk : kExitFailed;
}

int PatternFilter(const std::string& pattern, const pattern::ParseOptions& options, Io& io) {
  if (pattern == "-") {
    Complain(io, "the events come from standard input, the pattern cannot");
    return kExitUsage;
  }
  const auto parsed = ReadPattern(pattern, options, io);
  if (!parsed) return kExitInvalid;
  pattern::Matcher matcher;
  MUST(matcher.Add(0, *parsed));  // no other rule has its id
  pattern::MatchReader reader(matcher);
  Lines lines(io.in, kEventBytesMax);
  std::size_t bad = 0;
  while (io.out && lines.Next()) {
    if (lines.blank()) continue;
    const auto matches = lines.too_long() ? Result<std::span<const pattern::RuleId>>(
                                                InvalidArgument("the line has more than {} bytes", kEventBytesMax))
                                          : reader.Match(lines.text());
    if (!matches.ok()) {
      ++bad;
      Complain(io, fmt::format("line {} is no event: {}", lines.number(), matches.error().message()));
    } else if (!matches->empty()) {
      io.out << lines.text() << '\n';
    }
    // Whoever reads the other end of a pipe sees a match when it happens.
    if (io.in.rdbuf()->in_avail() <= 0) io.out.flush();
  }
  return bad > 0 ? kExitPartial : kExitOk;
}

}  // namespace millrace::cli
