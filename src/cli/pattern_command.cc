#include "cli/pattern_command.h"

#include <fmt/core.h>

#include <optional>

#include "cli/config_file.h"
#include "cli/exit_code.h"
#include "config/limits.h"
#include "json/parse.h"
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

std::optional<pattern::Pattern> ReadPattern(const std::string& argument, Io& io) {
  const auto text = Read(argument, "pattern", io);
  if (!text) return std::nullopt;
  pattern::ParseFailure failure;
  auto parsed = pattern::Pattern::Parse(text->text, &failure);
  if (parsed.ok()) return *std::move(parsed);
  const std::string reason = failure.reason.empty() ? parsed.error().message() : failure.reason;
  Complain(io, fmt::format("the {} is not valid: {}", text->name, reason),
           failure.line > 0 ? fmt::format("found before line {}, column {}", failure.line, failure.column) : "");
  return std::nullopt;
}

// One line without its end; false at the end of the stream. A line beyond the limit is cut, and the rest of it skipped.
bool ReadLine(std::istream& in, std::string& line, bool& too_long) {
  line.clear();
  too_long = false;
  std::streambuf& buffer = *in.rdbuf();
  int c = buffer.sbumpc();
  if (c == std::char_traits<char>::eof()) return false;
  for (; c != std::char_traits<char>::eof() && c != '\n'; c = buffer.sbumpc()) {
    if (line.size() < kEventBytesMax)
      line.push_back(static_cast<char>(c));
    else
      too_long = true;
  }
  if (line.ends_with('\r')) line.pop_back();
  return true;
}

}  // namespace

int PatternTest(const std::string& pattern, const std::string& event, Io& io) {
  if (pattern == "-" && event == "-") {
    Complain(io, "the pattern and the event cannot both come from standard input");
    return kExitUsage;
  }
  const auto parsed = ReadPattern(pattern, io);
  if (!parsed) return kExitInvalid;
  const auto text = Read(event, "event", io);
  if (!text) return kExitInvalid;
  json::Document document;
  const Status status = document.Parse(text->text, kEventOptions);
  if (!status.ok() || !document.root().is_object()) {
    Complain(io, fmt::format("the {} is not valid: {}", text->name,
                             status.ok() ? "an event is a JSON object" : status.error().message()));
    return kExitInvalid;
  }
  const bool matches = parsed->Matches(document.root());
  io.out << (matches ? "match\n" : "no match\n");
  return matches ? kExitOk : kExitFailed;
}

int PatternFilter(const std::string& pattern, Io& io) {
  if (pattern == "-") {
    Complain(io, "the events come from standard input, the pattern cannot");
    return kExitUsage;
  }
  const auto parsed = ReadPattern(pattern, io);
  if (!parsed) return kExitInvalid;
  json::Document document;
  std::string line;
  bool too_long = false;
  std::size_t number = 0, bad = 0;
  while (io.out && ReadLine(io.in, line, too_long)) {
    ++number;
    if (!too_long && line.find_first_not_of(" \t") == std::string::npos) continue;
    const Status status = too_long ? Status(InvalidArgument("the line has more than {} bytes", kEventBytesMax))
                                   : document.Parse(line, kEventOptions);
    if (!status.ok() || !document.root().is_object()) {
      ++bad;
      Complain(io, fmt::format("line {} is no event: {}", number,
                               status.ok() ? "not a JSON object" : status.error().message()));
    } else if (parsed->Matches(document.root())) {
      io.out << line << '\n';
    }
    // Whoever reads the other end of a pipe sees a match when it happens.
    if (io.in.rdbuf()->in_avail() <= 0) io.out.flush();
  }
  return bad > 0 ? kExitPartial : kExitOk;
}

}  // namespace millrace::cli
