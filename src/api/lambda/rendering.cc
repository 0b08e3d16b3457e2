#include "api/lambda/rendering.h"

#include <fmt/chrono.h>

namespace millrace::api::lambda {
namespace {

void Text(json::Writer& writer, std::string_view key, std::string_view text) {
  writer.Key(key);
  writer.String(text);
}
void Number(json::Writer& writer, std::string_view key, std::int64_t number) {
  writer.Key(key);
  writer.Integer(number);
}

}  // namespace

std::string LastModified(WallTime now) {
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(now);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(millis);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}+0000", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (millis - seconds).count());
}

void WriteStrings(json::Writer& writer, std::string_view key, const Pairs& pairs) {
  writer.Key(key);
  writer.BeginObject();
  for (const auto& [name, value] : pairs) Text(writer, name, value);
  writer.EndObject();
}

void WriteConfigurationMembers(json::Writer& writer, const Definition& definition, const Configuration& configuration,
                               std::string_view qualifier) {
  std::string arn = definition.Arn();
  if (!qualifier.empty()) arn.append(":").append(qualifier);
  Text(writer, "FunctionName", definition.name);
  Text(writer, "FunctionArn", arn);
  Text(writer, "Runtime", configuration.runtime);
  Text(writer, "Role", configuration.role);
  Text(writer, "Handler", configuration.handler);
  Number(writer, "CodeSize", configuration.code_bytes);
  Text(writer, "Description", configuration.description);
  Number(writer, "Timeout", configuration.timeout_seconds);
  Number(writer, "MemorySize", configuration.memory_mib);
  Text(writer, "LastModified", configuration.last_modified);
  Text(writer, "CodeSha256", configuration.code_sha256);
  Text(writer, "Version", configuration.version);
  if (configuration.environment) {
    writer.Key("Environment");
    writer.BeginObject();
    WriteStrings(writer, "Variables", *configuration.environment);
    writer.EndObject();
  }
  writer.Key("TracingConfig");
  writer.BeginObject();
  Text(writer, "Mode", configuration.tracing);
  writer.EndObject();
  Text(writer, "RevisionId", configuration.revision_id);
  Text(writer, "State", "Active");
  Text(writer, "LastUpdateStatus", "Successful");
  Text(writer, "PackageType", "Zip");
  writer.Key("Architectures");
  writer.BeginArray();
  writer.String(configuration.architecture);
  writer.EndArray();
  writer.Key("EphemeralStorage");
  writer.BeginObject();
  Number(writer, "Size", configuration.storage_mib);
  writer.EndObject();
  writer.Key("SnapStart");
  writer.BeginObject();
  Text(writer, "ApplyOn", "None");
  Text(writer, "OptimizationStatus", "Off");
  writer.EndObject();
  writer.Key("LoggingConfig");
  writer.BeginObject();
  Text(writer, "LogFormat", "Text");
  Text(writer, "LogGroup", "/aws/lambda/" + definition.name);
  writer.EndObject();
}

std::string RenderConfiguration(const Definition& definition, const Configuration& configuration,
                                std::string_view qualifier) {
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject();
  WriteConfigurationMembers(writer, definition, configuration, qualifier);
  writer.EndObject();
  return text;
}

void WriteAlias(json::Writer& writer, const Definition& definition, const Alias& alias) {
  writer.BeginObject();
  Text(writer, "AliasArn", definition.Arn() + ":" + alias.name);
  Text(writer, "Name", alias.name);
  Text(writer, "FunctionVersion", alias.version);
  Text(writer, "Description", alias.description);
  if (!alias.weights.empty()) {
    writer.Key("RoutingConfig");
    writer.BeginObject();
    writer.Key("AdditionalVersionWeights");
    writer.BeginObject();
    for (const auto& [version, weight] : alias.weights) {
      writer.Key(version);
      writer.Raw(weight);
    }
    writer.EndObject();
    writer.EndObject();
  }
  Text(writer, "RevisionId", alias.revision_id);
  writer.EndObject();
}

void WriteMapping(json::Writer& writer, const EventSourceMapping& mapping, std::string_view state,
                  std::string_view last_result) {
  const bool stream = !mapping.is_queue();
  writer.BeginObject();
  Text(writer, "UUID", mapping.uuid);
  Text(writer, "EventSourceMappingArn",
       fmt::format("arn:aws:lambda:{}:{}:event-source-mapping:{}", mapping.region, mapping.account, mapping.uuid));
  Text(writer, "EventSourceArn", mapping.source_arn);
  Text(writer, "FunctionArn", mapping.function_arn);
  Number(writer, "BatchSize", mapping.batch_size);
  Number(writer, "MaximumBatchingWindowInSeconds", mapping.window_seconds);
  if (stream) {
    Text(writer, "StartingPosition", mapping.starting_position);
    Number(writer, "ParallelizationFactor", mapping.parallelization);
    Number(writer, "MaximumRecordAgeInSeconds", mapping.record_age_seconds);
    Number(writer, "MaximumRetryAttempts", mapping.retries);
    Number(writer, "TumblingWindowInSeconds", mapping.tumbling_seconds);
    writer.Key("BisectBatchOnFunctionError");
    writer.Bool(mapping.bisect);
    writer.Key("DestinationConfig");
    writer.BeginObject();
    writer.Key("OnFailure");
    writer.BeginObject();
    if (!mapping.on_failure.empty()) Text(writer, "Destination", mapping.on_failure);
    writer.EndObject();
    writer.EndObject();
    Text(writer, "LastProcessingResult", last_result);
  } else if (mapping.maximum_concurrency > 0) {
    writer.Key("ScalingConfig");
    writer.BeginObject();
    Number(writer, "MaximumConcurrency", mapping.maximum_concurrency);
    writer.EndObject();
  }
  if (!mapping.filters.empty()) {
    writer.Key("FilterCriteria");
    writer.BeginObject();
    writer.Key("Filters");
    writer.BeginArray();
    for (const std::string& pattern : mapping.filters) {
      writer.BeginObject();
      Text(writer, "Pattern", pattern);
      writer.EndObject();
    }
    writer.EndArray();
    writer.EndObject();
  }
  writer.Key("FunctionResponseTypes");
  writer.BeginArray();
  if (mapping.report_failures) writer.String("ReportBatchItemFailures");
  writer.EndArray();
  writer.Key("LastModified");
  writer.Raw(fmt::format("{}.{:03}", mapping.modified_ms / 1000, mapping.modified_ms % 1000));
  Text(writer, "State", state);
  Text(writer, "StateTransitionReason", stream ? "User action" : "USER_INITIATED");
  writer.EndObject();
}

}  // namespace millrace::api::lambda
