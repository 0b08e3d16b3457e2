#include "cli/tail.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/answer.h"
#include "cli/config_file.h"
#include "cli/endpoint.h"
#include "cli/exit_code.h"
#include "cli/table.h"
#include "config/limits.h"
#include "json/write.h"
#include "pattern/pattern.h"

namespace millrace::cli {
namespace {

constexpr std::uint64_t kPage = 1'000;
constexpr std::string_view kWaitSeconds = "20";

// False: it is not valid, which was said.
bool ReadMatch(const std::string& argument, Io& io, std::string& text) {
  text = argument;
  const std::size_t first = argument.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && argument[first] != '{') {
    auto read = config::ReadConfigFile(Resolved(io, argument));
    if (!read.ok()) {
      Complain(io, fmt::format("the pattern cannot be read: {}", read.error().message()), {},
               "give JSON in quotes, or the name of a file");
      return false;
    }
    text = *std::move(read);
  }
  const auto pattern = pattern::Pattern::Parse(text);
  if (!pattern.ok()) Complain(io, fmt::format("the pattern is not valid: {}", pattern.error().message()));
  return pattern.ok();
}

std::string JsonOf(const json::Value* value) {
  std::string out;
  if (value != nullptr) json::AppendValue(out, *value);
  return out;
}

// A stream record: its kind and images. An event: its source, its kind, its detail. Anything else as it is.
std::string Line(const json::Value& entry) {
  std::string line(TextOf(entry, "time"));
  const json::Value* record = entry.Find("record");
  if (record == nullptr) return line;
  const json::Value* change = record->Find("dynamodb");
  if (change != nullptr && change->is_object()) {
    line += fmt::format("  {:<6}  {}", TextOf(*record, "eventName"), JsonOf(change->Find("Keys")));
    for (const auto* image : {"OldImage", "NewImage"})
      if (const json::Value* value = change->Find(image)) line += fmt::format("  {} {}", image, JsonOf(value));
    return line;
  }
  if (record->Find("detail-type") == nullptr) return line + "  " + JsonOf(record);
  return line + fmt::format("  {}  {}  {}", OneLine(TextOf(*record, "source")), OneLine(TextOf(*record, "detail-type")),
                            JsonOf(record->Find("detail")));
}

}  // namespace

int Tail(const TailOptions& options, Io& io) {
  std::string match;
  if (!options.match.empty() && !ReadMatch(options.match, io, match)) return kExitInvalid;
  auto endpoint = Endpoint::Open(io, options.endpoint);
  if (!endpoint.ok()) return Report(io, endpoint.error());
  std::string from = options.from;
  std::uint64_t shown = 0;
  // The first question does not wait: from its answer on, the place is a position, and nothing is missed.
  for (std::string_view wait = "0";; wait = kWaitSeconds) {
    const std::uint64_t limit = options.count == 0 ? kPage : std::min(kPage, options.count - shown);
    auto text = endpoint->Get("/_millrace/tail", {{"log", options.log},
                                                  {"from", from},
                                                  {"match", match},
                                                  {"limit", std::to_string(limit)},
                                                  {"wait", std::string(options.follow ? wait : "0")}});
    const auto answer = text.ok() ? Answer::Parse(*std::move(text)) : Result<Answer>(text.error());
    if (!answer.ok()) return Report(io, answer.error());
    for (const json::Value& entry : ListOf(answer->root(), "records")) {
      io.out << (options.json ? JsonOf(&entry) : Line(entry)) << '\n';
      ++shown;
    }
    io.out.flush();
    from = TextOf(answer->root(), "next");
    const bool enough = options.count != 0 && shown >= options.count;
    if (enough || !io.out || (!options.follow && IsTrue(answer->root(), "at_end"))) return kExitOk;
  }
}

}  // namespace millrace::cli
