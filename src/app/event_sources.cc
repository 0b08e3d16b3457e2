#include "app/event_sources.h"

#include "aws/arn.h"
#include "pattern/pattern.h"

namespace millrace::app {
namespace {

using api::lambda::EventSourceMapping;

Error NotFound(const EventSourceMapping& mapping) {
  if (mapping.is_queue())
    return InvalidArgument(
        "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS "
        "Error Message: The specified queue does not exist.");
  return InvalidArgument("Stream not found: {}", mapping.source_arn);
}

// A queue by its ARN; other destinations are not there yet.
Result<config::Ref> QueueOf(std::string_view arn) {
  const Result<aws::Arn> parsed = aws::ParseArn(arn);
  if (!parsed.ok() || parsed->service != "sqs")
    return InvalidArgument("Unsupported destination {}: failures go to SQS queues here", arn);
  return config::Ref{.kind = config::RefKind::kQueue, .name = parsed->resource, .span = {}};
}

Result<config::Pipe> PipeOf(const EventSourceMapping& mapping) {
  ASSIGN_OR_RETURN(const aws::Arn source, aws::ParseArn(mapping.source_arn));
  config::Pipe pipe;
  pipe.name = mapping.uuid;
  pipe.trigger = true;
  pipe.from =
      mapping.is_queue()
          ? config::Ref{.kind = config::RefKind::kQueue, .name = source.resource, .span = {}}
          : config::Ref{.kind = config::RefKind::kTable, .name = std::string(source.ResourcePart(1)), .span = {}};
  pipe.to = {.kind = config::RefKind::kFunction, .name = mapping.run_as, .span = {}};
  for (const std::string& filter : mapping.filters) pipe.match.push_back({filter, {}});
  pipe.format = config::Format::kStreamRecord;
  pipe.start.kind =
      mapping.starting_position == "LATEST" ? config::Start::Kind::kLatest : config::Start::Kind::kTrimHorizon;
  pipe.batch = static_cast<std::uint32_t>(mapping.batch_size);
  pipe.window = std::chrono::seconds(mapping.window_seconds);
  // Batches of a shard go one after the other unless asked otherwise. A queue has no order to keep.
  pipe.parallel = mapping.is_queue()
                      ? static_cast<std::uint32_t>(mapping.maximum_concurrency > 0 ? mapping.maximum_concurrency : 5)
                      : static_cast<std::uint32_t>(mapping.parallelization);
  if (mapping.retries >= 0) pipe.retry.retries_max = static_cast<std::uint32_t>(mapping.retries);
  if (mapping.record_age_seconds >= 0) pipe.retry.age_max = std::chrono::seconds(mapping.record_age_seconds);
  pipe.bisect = mapping.bisect;
  pipe.after_failure = config::AfterFailure::kContinue;
  pipe.partial = mapping.report_failures;
  if (!mapping.on_failure.empty()) {
    ASSIGN_OR_RETURN(pipe.on_failure, QueueOf(mapping.on_failure));
  }
  return pipe;
}

}  // namespace

Status FlowEventSources::Check(const EventSourceMapping& mapping) {
  ASSIGN_OR_RETURN(const config::Pipe pipe, PipeOf(mapping));
  const Site& site = flows_.site();
  const Result<aws::Arn> arn = aws::ParseArn(mapping.source_arn);
  if (!arn.ok() || arn->account != site.scope.account || arn->region != site.scope.region) return NotFound(mapping);
  for (const std::string& filter : mapping.filters)
    if (!pattern::Pattern::Parse(filter).ok()) return InvalidArgument("Invalid filter pattern definition.");
  if (mapping.is_queue()) return Ok();
  const auto catalogue = site.engine.catalogue();
  const auto table = catalogue->FindTable(site.ScopeId(), pipe.from.name);
  if (table == nullptr || !table->stream) return NotFound(mapping);
  const auto log = catalogue->FindLog(*table->stream);
  return log != nullptr && log->arn == mapping.source_arn ? Ok() : Status(NotFound(mapping));
}

Status FlowEventSources::Put(const EventSourceMapping& mapping) {
  ASSIGN_OR_RETURN(const config::Pipe pipe, PipeOf(mapping));
  Status put = flows_.PutPipe(pipe);
  if (!put.ok()) return put.error().code() == ErrorCode::kNotFound ? Status(NotFound(mapping)) : put;
  return mapping.enabled ? flows_.ResumePipe(pipe.name) : flows_.PausePipe(pipe.name);
}

Status FlowEventSources::Remove(const EventSourceMapping& mapping) {
  return flows_.RemovePipe(mapping.uuid);
}

std::string FlowEventSources::LastResult(std::string_view uuid) const {
  const std::string name = fmt::format("trigger/{}", uuid);
  for (const Flows::Report& report : flows_.Reports()) {
    if (report.name != name) continue;
    if (!report.error.empty() || !report.stats.last_error.empty()) return "PROBLEM: Function call failed";
    return report.stats.delivered > 0 ? "OK" : "No records processed";
  }
  return {};
}

}  // namespace millrace::app
