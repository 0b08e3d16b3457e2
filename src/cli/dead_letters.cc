#include "cli/dead_letters.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/answer.h"
#include "cli/endpoint.h"
#include "cli/exit_code.h"
#include "cli/json_text.h"
#include "cli/table.h"
#include "json/write.h"

namespace millrace::cli {
namespace {

constexpr std::size_t kKeyColumns = 24;
constexpr std::size_t kCauseColumns = 94;

Result<Answer> Ask(Endpoint& endpoint, std::string_view path, const Endpoint::Fields& fields) {
  ASSIGN_OR_RETURN(std::string text, endpoint.Get(path, fields));
  return Answer::Parse(std::move(text));
}

// The flow that was named, or all that have dead letters.
Result<std::vector<std::string>> FlowsOf(Endpoint& endpoint, const std::string& named) {
  if (!named.empty()) return std::vector<std::string>{named};
  ASSIGN_OR_RETURN(const Answer status, Ask(endpoint, "/_millrace/status", {}));
  std::vector<std::string> flows;
  for (const json::Value& flow : ListOf(status.root(), "flows"))
    if (TextOf(flow, "dead_letters") != "0") flows.emplace_back(TextOf(flow, "name"));
  return flows;
}

void Print(const json::Value& list, const Io& io) {
  Table table({"NUMBER", "DEAD SINCE", "REASON", "TRIES", "HOLDS", "KEY"});
  for (const json::Value& letter : ListOf(list, "letters")) {
    std::string key = OneLine(TextOf(letter, "order_key"));
    std::string cause = OneLine(TextOf(letter, "cause"));
    if (io.out_is_terminal) {
      key = Shortened(key, kKeyColumns);
      cause = Shortened(cause, kCauseColumns);
    }
    table.Add({std::string(TextOf(letter, "number")), std::string(TextOf(letter, "dead")),
               std::string(TextOf(letter, "reason")), std::string(TextOf(letter, "attempts")),
               IsTrue(letter, "holds_key") ? "yes" : "no", std::move(key)},
              {.note = std::move(cause)});
  }
  io.out << TextOf(list, "flow") << "  " << TextOf(list, "total") << '\n' << table.Render();
  if (const std::string_view next = TextOf(list, "next"); !next.empty())
    io.out << fmt::format("there are more: millrace dlq ls {} --after {}\n", TextOf(list, "flow"), next);
}

// "3" or "4-9".
bool AppendNumbers(std::string_view text, json::Writer& numbers, json::Writer& ranges) {
  const auto digits = [](std::string_view part) {
    return !part.empty() && part.size() < 20 && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
  };
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    if (digits(text)) numbers.Unsigned(std::stoull(std::string(text)));
    return digits(text);
  }
  const std::string_view first = text.substr(0, dash), last = text.substr(dash + 1);
  if (!digits(first) || !digits(last)) return false;
  ranges.BeginArray();
  ranges.Unsigned(std::stoull(std::string(first)));
  ranges.Unsigned(std::stoull(std::string(last)));
  ranges.EndArray();
  return true;
}

}  // namespace

int ListLetters(const LettersOptions& options, Io& io) {
  auto endpoint = Endpoint::Open(io, options.endpoint);
  if (!endpoint.ok()) return Report(io, endpoint.error());
  const auto flows = FlowsOf(*endpoint, options.flow);
  if (!flows.ok()) return Report(io, flows.error());
  std::string all = R"({"version":1,"flows":[)";
  bool first = true;
  for (const std::string& flow : *flows) {
    const auto list = Ask(*endpoint, "/_millrace/dlq",
                          {{"flow", flow},
                           {"after", options.after == 0 ? "" : std::to_string(options.after)},
                           {"limit", std::to_string(options.limit)}});
    if (!list.ok()) return Report(io, list.error());
    if (options.json) {
      all += (first ? "" : ",") + list->text();
    } else if (ListOf(list->root(), "letters").empty()) {
      io.out << "no dead letters in " << TextOf(list->root(), "flow") << '\n';
    } else {
      if (!first) io.out << '\n';
      Print(list->root(), io);
    }
    first = false;
  }
  if (options.json) {
    io.out << all << "]}\n";
  } else if (flows->empty()) {
    io.out << "no dead letters\n";
  }
  return kExitOk;
}

int ShowLetter(const LettersOptions& options, Io& io) {
  auto endpoint = Endpoint::Open(io, options.endpoint);
  if (!endpoint.ok()) return Report(io, endpoint.error());
  const auto letter =
      Ask(*endpoint, "/_millrace/dlq/letter", {{"flow", options.flow}, {"number", options.numbers.front()}});
  if (!letter.ok()) return Report(io, letter.error());
  if (options.json) {
    io.out << letter->text() << '\n';
    return kExitOk;
  }
  const json::Value& root = letter->root();
  const auto line = [&](std::string_view name, std::string_view text) {
    io.out << fmt::format("{:<11}{}\n", name, OneLine(text));
  };
  line("flow", TextOf(root, "flow"));
  line("number", TextOf(root, "number"));
  line("reason", TextOf(root, "reason"));
  line("cause", TextOf(root, "cause"));
  line("tries", TextOf(root, "attempts"));
  line("dead since", TextOf(root, "dead"));
  line("appended", TextOf(root, "time"));
  line("key",
       fmt::format("{}{}", TextOf(root, "order_key"), IsTrue(root, "holds_key") ? "  (held: its records wait)" : ""));
  line("id", TextOf(root, "id"));
  line("place", fmt::format("{} {}", TextOf(root, "shard"), TextOf(root, "offset")));
  if (const json::Value* record = root.Find("record")) io.out << Indented(*record) << '\n';
  return kExitOk;
}

int RemoveLetters(const LettersOptions& options, Removal removal, Io& io) {
  if (options.all == !options.numbers.empty()) {
    Complain(io, options.all ? "--all and numbers contradict each other" : "which dead letters?", {},
             "give numbers such as 3 or 4-9, or --all; millrace dlq ls shows them");
    return kExitUsage;
  }
  std::string numbers, ranges;
  json::Writer number_writer(&numbers), range_writer(&ranges);
  for (const std::string& text : options.numbers) {
    if (AppendNumbers(text, number_writer, range_writer)) continue;
    Complain(io, fmt::format("'{}' is no number of a dead letter", text), {},
             "give numbers such as 3 or 4-9, or --all");
    return kExitUsage;
  }
  std::string body = "{\"flow\":";
  json::AppendString(body, options.flow);
  body += options.all ? ",\"all\":true}" : fmt::format(",\"numbers\":[{}],\"ranges\":[{}]}}", numbers, ranges);
  auto endpoint = Endpoint::Open(io, options.endpoint);
  if (!endpoint.ok()) return Report(io, endpoint.error());
  const std::string_view done = removal == Removal::kRedrive ? "redriven" : "dropped";
  auto text = endpoint->Post(removal == Removal::kRedrive ? "/_millrace/dlq/redrive" : "/_millrace/dlq/drop", body);
  const auto answer = text.ok() ? Answer::Parse(*std::move(text)) : Result<Answer>(text.error());
  if (!answer.ok()) return Report(io, answer.error());
  const std::string_view count = TextOf(answer->root(), done);
  if (options.json) {
    io.out << answer->text() << '\n';
  } else {
    io.out << fmt::format("{} {} of {}\n", count, done, TextOf(answer->root(), "flow"));
  }
  std::string missing;
  for (const json::Value& each : ListOf(answer->root(), "missing"))
    if (each.is_number()) missing += fmt::format("{}{}", missing.empty() ? "" : ", ", each.number());
  if (missing.empty()) return count == "0" && !options.all ? kExitFailed : kExitOk;
  Complain(io, fmt::format("there is no dead letter {}", missing));
  return count == "0" ? kExitFailed : kExitPartial;
}

}  // namespace millrace::cli
