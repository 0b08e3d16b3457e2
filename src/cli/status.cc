#include "cli/status.h"

#include <fmt/core.h>

#include <cstdlib>

#include "cli/answer.h"
#include "cli/endpoint.h"
#include "cli/exit_code.h"
#include "cli/table.h"

namespace millrace::cli {
namespace {

constexpr std::chrono::seconds kWatchInterval{2};
constexpr std::size_t kColumns = 100;
constexpr std::size_t kNameColumns = 36;

std::string_view ColorOf(std::string_view state) {
  if (state == "running") return "\x1b[32m";
  return state == "failed" ? "\x1b[1;31m" : "\x1b[33m";
}

std::string ParkedText(const json::Value& flow) {
  const std::string_view keys = TextOf(flow, "parked_keys");
  if (keys == "0") return "-";
  return fmt::format("{}/{}", TextOf(flow, "parked_records"), keys);
}

struct Rendered {
  std::string text;
  bool well = true;
};

Rendered Render(const json::Value& root, const Io& io) {
  const auto flows = ListOf(root, "flows");
  if (flows.empty()) return {"no pipe or rule runs here\n"};
  Rendered rendered;
  Table table({"FLOW", "STATE", "LAG", "AGE", "IN FLIGHT", "PARKED/KEYS", "DEAD"});
  for (const json::Value& flow : flows) {
    const std::string_view state = TextOf(flow, "state");
    const std::string_view dead = TextOf(flow, "dead_letters");
    rendered.well &= state != "failed" && dead == "0";
    std::string lag = "?", age = "?";
    if (const json::Value* value = flow.Find("lag"); value != nullptr && value->is_object()) {
      lag = fmt::format("{}{}", TextOf(*value, "records"), IsTrue(*value, "more") ? "+" : "");
      age = AgeText(std::strtod(std::string(TextOf(*value, "seconds")).c_str(), nullptr));
    }
    std::string name = OneLine(TextOf(flow, "name"));
    std::string note = OneLine(TextOf(flow, "error"));
    if (io.out_is_terminal) {
      name = Shortened(name, kNameColumns);
      note = Shortened(note, kColumns - 6);
    }
    table.Add({std::move(name), std::string(state), lag, age, std::string(TextOf(flow, "in_flight")), ParkedText(flow),
               std::string(dead)},
              {.note = note.empty() ? note : "! " + note,
               .color = io.color_out ? std::string(ColorOf(state)) : std::string(),
               .colored_column = 1});
  }
  rendered.text = table.Render();
  return rendered;
}

}  // namespace

int ShowStatus(const StatusOptions& options, Io& io) {
  auto endpoint = Endpoint::Open(io, options.endpoint);
  if (!endpoint.ok()) return Report(io, endpoint.error());
  for (;;) {
    auto text = endpoint->Get("/_millrace/status", {});
    auto answer = text.ok() ? Answer::Parse(*std::move(text)) : Result<Answer>(text.error());
    if (!answer.ok()) return Report(io, answer.error());
    const Rendered rendered = Render(answer->root(), io);
    if (options.watch && io.out_is_terminal && !options.json) io.out << "\x1b[H\x1b[J";
    io.out << (options.json ? answer->text() + "\n" : rendered.text);
    io.out.flush();
    const bool again = options.watch && io.out && io.wait && io.wait(kWatchInterval);
    if (!again) return rendered.well ? kExitOk : kExitFailed;
  }
}

}  // namespace millrace::cli
