#include "cli/replay.h"

#include <fmt/core.h>

#include "cli/answer.h"
#include "cli/endpoint.h"
#include "cli/exit_code.h"
#include "json/write.h"

namespace millrace::cli {

int StartReplay(const ReplayOptions& options, Io& io) {
  auto endpoint = Endpoint::Open(io, options.endpoint);
  if (!endpoint.ok()) return Report(io, endpoint.error());
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  const auto text = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    writer.Key(name);
    writer.String(value);
  };
  text("bus", options.bus);
  text("from", options.from);
  text("to", options.to);
  text("name", options.name);
  if (!options.rules.empty()) {
    writer.Key("rules");
    writer.BeginArray();
    for (const std::string& rule : options.rules) writer.String(rule);
    writer.EndArray();
  }
  writer.EndObject();
  auto reply = endpoint->Post("/_millrace/replay", std::move(body));
  const auto answer = reply.ok() ? Answer::Parse(*std::move(reply)) : Result<Answer>(reply.error());
  if (!answer.ok()) return Report(io, answer.error());
  if (options.json) {
    io.out << answer->text() << '\n';
  } else {
    io.out << fmt::format("{} began: events from {} to {}\n", TextOf(answer->root(), "flow"),
                          TextOf(answer->root(), "from"), TextOf(answer->root(), "to"));
  }
  return kExitOk;
}

}  // namespace millrace::cli
