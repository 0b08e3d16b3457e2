#include "cli/flow_command.h"

#include <fmt/core.h>

#include "cli/answer.h"
#include "cli/endpoint.h"
#include "cli/exit_code.h"
#include "json/write.h"

namespace millrace::cli {

int OperateFlow(const FlowCommandOptions& options, Io& io) {
  auto endpoint = Endpoint::Open(io, options.endpoint);
  if (!endpoint.ok()) return Report(io, endpoint.error());
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("flow");
  writer.String(options.flow);
  if (!options.to.empty()) {
    writer.Key("to");
    writer.String(options.to);
  }
  writer.EndObject();
  auto text = endpoint->Post("/_millrace/flow/" + options.what, std::move(body));
  const auto answer = text.ok() ? Answer::Parse(*std::move(text)) : Result<Answer>(text.error());
  if (!answer.ok()) return Report(io, answer.error());
  if (options.json) {
    io.out << answer->text() << '\n';
    return kExitOk;
  }
  const json::Value* lag = answer->root().Find("lag");
  io.out << fmt::format("{} {}", TextOf(answer->root(), "name"), TextOf(answer->root(), "state"));
  if (lag != nullptr && lag->is_object())
    io.out << fmt::format(", {}{} records behind", TextOf(*lag, "records"), IsTrue(*lag, "more") ? "+" : "");
  io.out << '\n';
  return kExitOk;
}

}  // namespace millrace::cli
