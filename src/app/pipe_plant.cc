#include "app/pipe_plant.h"

namespace millrace::app {

Status PipePlant::PutPipe(const config::Pipe& pipe, std::string_view source_arn) {
  if (pipe.from.kind == config::RefKind::kTable) {
    const auto catalogue = engine_.catalogue();
    const auto log = catalogue->FindLogByArn(source_arn);
    const auto table = catalogue->FindTable(flows_.site().ScopeId(), pipe.from.name);
    // A stream that was switched off is another one than that which may be on now.
    if (log == nullptr || table == nullptr || table->stream != log->id)
      return InvalidArgument("The stream {} does not exist, or is disabled.", source_arn);
  }
  return flows_.PutPipe(pipe);
}

std::optional<std::string> PipePlant::WhyFailed(const std::string& name) const {
  const auto subscription = flows_.FindPipe(name);
  if (subscription == nullptr || subscription->state() != flow::SubscriptionState::kFailed) return std::nullopt;
  const auto error = subscription->error();
  return error ? error->message() : std::string("it failed");
}

}  // namespace millrace::app
