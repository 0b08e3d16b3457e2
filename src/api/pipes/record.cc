#include "api/pipes/record.h"

#include <algorithm>
#include <array>

#include "api/arns/ref_arn.h"
#include "api/parameters/http_parameters.h"
#include "aws/arn.h"
#include "aws/constraints.h"
#include "aws/request_reader.h"
#include "base/check.h"
#include "json/parse.h"
#include "pattern/pattern.h"

namespace millrace::api::pipes {
namespace {

using config::RefKind;

// https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeSourceDynamoDBStreamParameters.html
constexpr std::array<std::string_view, 2> kStarts = {"TRIM_HORIZON", "LATEST"};
constexpr std::array<std::string_view, 1> kPartialFailures = {"AUTOMATIC_BISECT"};
constexpr std::size_t kFiltersMax = 5;
constexpr std::size_t kTemplateCharactersMax = 8192;

// An object of the record, parsed.
class Parameters {
 public:
  static Result<Parameters> Open(const std::string& json) {
    Parameters parameters;
    TRY(parameters.document_.Parse(json.empty() ? "{}" : json));
    return parameters;
  }
  const json::Value& root() const { return document_.root(); }

 private:
  json::Document document_;
};

// Parts that change what a pipe does, and that are not known here, are refused: they would be without effect.
Status OnlyThese(const json::Value& object, std::string_view where, std::initializer_list<std::string_view> known) {
  if (!object.is_object()) return Ok();
  for (const json::Member& member : object.object())
    if (!member.value.is_null() && std::ranges::find(known, member.name) == known.end())
      return InvalidArgument("{}.{} is not supported here.", where, member.name);
  return Ok();
}

Status ReadFilters(aws::RequestReader& source, config::Pipe& pipe) {
  const json::Value* criteria = source.Structure("FilterCriteria");
  TRY(source.status());
  if (criteria == nullptr) return Ok();
  aws::RequestReader reader(*criteria);
  const json::Value* filters = reader.List("Filters");
  TRY(reader.status());
  if (filters == nullptr) return Ok();
  if (filters->array().size() > kFiltersMax)
    return InvalidArgument("FilterCriteria has {} filters; at most {} are allowed.", filters->array().size(),
                           kFiltersMax);
  for (const json::Value& each : filters->array()) {
    aws::RequestReader filter(each);
    const auto text = filter.String("Pattern");
    TRY(filter.status());
    if (!text || text->empty()) continue;
    if (const auto parsed = pattern::Pattern::Parse(*text); !parsed.ok())
      return InvalidArgument("Invalid filter pattern definition. {}", parsed.error().message());
    pipe.match.push_back({std::string(*text), {}});
  }
  return Ok();
}

Result<std::optional<config::Ref>> QueueOf(aws::RequestReader& reader) {
  const json::Value* dead_letters = reader.Structure("DeadLetterConfig");
  TRY(reader.status());
  if (dead_letters == nullptr) return std::optional<config::Ref>();
  aws::RequestReader parts(*dead_letters);
  const auto arn = parts.String("Arn");
  TRY(parts.status());
  if (!arn || arn->empty()) return std::optional<config::Ref>();
  ASSIGN_OR_RETURN(config::Ref queue, RefOfArn(*arn));
  if (queue.kind != RefKind::kQueue) return InvalidArgument("{} is not the ARN of an SQS queue.", *arn);
  return std::optional(std::move(queue));
}

Status ReadStream(const json::Value& json, config::Pipe& pipe) {
  aws::RequestReader reader(json);
  const auto size = reader.Integer("BatchSize"), window = reader.Integer("MaximumBatchingWindowInSeconds"),
             age = reader.Integer("MaximumRecordAgeInSeconds"), attempts = reader.Integer("MaximumRetryAttempts"),
             factor = reader.Integer("ParallelizationFactor");
  const auto partial = reader.String("OnPartialBatchItemFailure"), start = reader.String("StartingPosition");
  ASSIGN_OR_RETURN(pipe.on_failure, QueueOf(reader));
  TRY(reader.status());
  aws::Constraints constraints;
  const std::string where = "sourceParameters.dynamoDBStreamParameters.";
  constraints.NotNull(start.has_value(), where + "startingPosition");
  constraints.OneOf(start, where + "startingPosition", kStarts);
  constraints.Between(size, where + "batchSize", 1, 10'000);
  constraints.Between(window, where + "maximumBatchingWindowInSeconds", 0, 300);
  constraints.Between(age, where + "maximumRecordAgeInSeconds", -1, 604'800);
  constraints.Between(attempts, where + "maximumRetryAttempts", -1, 10'000);
  constraints.Between(factor, where + "parallelizationFactor", 1, 10);
  constraints.OneOf(partial, where + "onPartialBatchItemFailure", kPartialFailures);
  TRY(constraints.Check());
  pipe.start.kind = *start == "LATEST" ? config::Start::Kind::kLatest : config::Start::Kind::kTrimHorizon;
  pipe.batch = static_cast<std::uint32_t>(size.value_or(100));
  pipe.window = std::chrono::seconds(window.value_or(0));
  if (age.value_or(-1) >= 0) {
    if (*age < 60)
      return InvalidArgument("MaximumRecordAgeInSeconds is {}; it is -1, for ever, or 60 to 604800.", *age);
    pipe.retry.age_max = std::chrono::seconds(*age);
  }
  if (attempts.value_or(-1) >= 0) pipe.retry.retries_max = static_cast<std::uint32_t>(*attempts);
  if (factor) pipe.parallel = static_cast<std::uint32_t>(*factor);
  pipe.bisect = partial.has_value();
  return Ok();
}

Status ReadQueue(const json::Value& json, config::Pipe& pipe) {
  aws::RequestReader reader(json);
  const auto size = reader.Integer("BatchSize"), window = reader.Integer("MaximumBatchingWindowInSeconds");
  TRY(reader.status());
  aws::Constraints constraints;
  constraints.Between(size, "sourceParameters.sqsQueueParameters.batchSize", 1, 10'000);
  constraints.Between(window, "sourceParameters.sqsQueueParameters.maximumBatchingWindowInSeconds", 0, 300);
  TRY(constraints.Check());
  pipe.batch = static_cast<std::uint32_t>(size.value_or(10));
  pipe.window = std::chrono::seconds(window.value_or(0));
  return Ok();
}

Status ReadSource(const PipeRecord& record, config::Pipe& pipe) {
  ASSIGN_OR_RETURN(pipe.from, RefOfArn(record.source));
  ASSIGN_OR_RETURN(const Parameters parameters, Parameters::Open(record.source_parameters));
  aws::RequestReader reader(parameters.root());
  const json::Value* stream = reader.Structure("DynamoDBStreamParameters");
  const json::Value* queue = reader.Structure("SqsQueueParameters");
  TRY(reader.status());
  TRY(OnlyThese(parameters.root(), "SourceParameters",
                {"DynamoDBStreamParameters", "SqsQueueParameters", "FilterCriteria"}));
  TRY(ReadFilters(reader, pipe));
  const bool from_stream = pipe.from.kind == RefKind::kTable, from_queue = pipe.from.kind == RefKind::kQueue;
  if (from_stream && record.source.find("/stream/") == std::string::npos)
    return InvalidArgument("{} is not the ARN of a stream.", record.source);
  if (!from_stream && !from_queue && pipe.from.kind != RefKind::kBus)
    return InvalidArgument(
        "{} cannot be the source of a pipe here: streams of DynamoDB tables, SQS queues and event "
        "buses can.",
        record.source);
  if (stream != nullptr && !from_stream)
    return InvalidArgument("DynamoDBStreamParameters do not fit the source {}.", record.source);
  if (queue != nullptr && !from_queue)
    return InvalidArgument("SqsQueueParameters do not fit the source {}.", record.source);
  if (from_stream && stream == nullptr)
    return InvalidArgument("SourceParameters.DynamoDBStreamParameters must be specified for the source {}.",
                           record.source);
  if (stream != nullptr) TRY(ReadStream(*stream, pipe));
  return queue != nullptr ? ReadQueue(*queue, pipe) : Ok();
}

Result<transform::Input> ReadTemplate(aws::RequestReader& reader, std::string_view where) {
  const auto text = reader.String("InputTemplate");
  TRY(reader.status());
  if (!text || text->empty()) return transform::Input();
  if (text->size() > kTemplateCharactersMax)
    return InvalidArgument("{}.InputTemplate is larger than {} bytes.", where, kTemplateCharactersMax);
  auto input = transform::Input::PipeTemplate(*text);
  if (!input.ok()) return InvalidArgument("{}.InputTemplate is not valid: {}", where, input.error().message());
  return input;
}

Status ReadTarget(const PipeRecord& record, config::Pipe& pipe) {
  ASSIGN_OR_RETURN(pipe.to, RefOfArn(record.target));
  ASSIGN_OR_RETURN(const Parameters parameters, Parameters::Open(record.target_parameters));
  aws::RequestReader reader(parameters.root());
  const json::Value* bus = reader.Structure("EventBridgeEventBusParameters");
  const json::Value* queue = reader.Structure("SqsQueueParameters");
  const json::Value* http = reader.Structure("HttpParameters");
  TRY(reader.status());
  TRY(OnlyThese(parameters.root(), "TargetParameters",
                {"InputTemplate", "EventBridgeEventBusParameters", "HttpParameters", "LambdaFunctionParameters",
                 "SqsQueueParameters"}));
  if (http != nullptr) {
    if (pipe.to.kind != RefKind::kTarget)
      return InvalidArgument("HttpParameters do not fit the target {}.", record.target);
    TRY(ReadHttpParameters(*http, "TargetParameters.HttpParameters", pipe.parameters));
  }
  ASSIGN_OR_RETURN(pipe.input, ReadTemplate(reader, "TargetParameters"));
  if (queue != nullptr) {
    if (pipe.to.kind != RefKind::kQueue)
      return InvalidArgument("SqsQueueParameters do not fit the target {}.", record.target);
    TRY(OnlyThese(*queue, "SqsQueueParameters", {"MessageGroupId", "MessageDeduplicationId"}));
    aws::RequestReader parts(*queue);
    const auto group = parts.String("MessageGroupId"), deduplication_id = parts.String("MessageDeduplicationId");
    TRY(parts.status());
    if (group && !group->empty()) {
      ASSIGN_OR_RETURN(pipe.parameters.group, transform::Parameter::Parse("MessageGroupId", *group));
    }
    if (deduplication_id && !deduplication_id->empty()) {
      ASSIGN_OR_RETURN(pipe.parameters.deduplication_id,
                       transform::Parameter::Parse("MessageDeduplicationId", *deduplication_id));
    }
  }
  if (bus == nullptr) return Ok();
  if (pipe.to.kind != RefKind::kBus)
    return InvalidArgument("EventBridgeEventBusParameters do not fit the target {}.", record.target);
  TRY(OnlyThese(*bus, "EventBridgeEventBusParameters", {"Source", "DetailType"}));
  aws::RequestReader names(*bus);
  const auto source = names.String("Source"), detail_type = names.String("DetailType");
  TRY(names.status());
  if (source) {
    ASSIGN_OR_RETURN(pipe.event.source, transform::Parameter::Parse("Source", *source));
  }
  if (detail_type) {
    ASSIGN_OR_RETURN(pipe.event.detail_type, transform::Parameter::Parse("DetailType", *detail_type));
  }
  return Ok();
}

Status ReadEnrichment(const PipeRecord& record, config::Pipe& pipe) {
  if (record.enrichment.empty()) return Ok();
  config::Enrichment enrichment;
  ASSIGN_OR_RETURN(enrichment.with, RefOfArn(record.enrichment));
  ASSIGN_OR_RETURN(const Parameters parameters, Parameters::Open(record.enrichment_parameters));
  TRY(OnlyThese(parameters.root(), "EnrichmentParameters", {"HttpParameters", "InputTemplate"}));
  aws::RequestReader reader(parameters.root());
  const json::Value* http = reader.Structure("HttpParameters");
  TRY(reader.status());
  if (http != nullptr) {
    if (enrichment.with.kind != RefKind::kTarget)
      return InvalidArgument("HttpParameters do not fit the enrichment {}.", record.enrichment);
    TRY(ReadHttpParameters(*http, "EnrichmentParameters.HttpParameters", enrichment.parameters));
  }
  ASSIGN_OR_RETURN(enrichment.input, ReadTemplate(reader, "EnrichmentParameters"));
  pipe.enrichment = std::move(enrichment);
  return Ok();
}

}  // namespace

std::string PipeRecord::Encode() const {
  records::RowWriter row;
  row.Text("Name", name);
  row.Text("Description", description);
  row.Text("Source", source);
  row.Json("SourceParameters", source_parameters);
  row.Text("Enrichment", enrichment);
  row.Json("EnrichmentParameters", enrichment_parameters);
  row.Text("Target", target);
  row.Json("TargetParameters", target_parameters);
  row.Text("RoleArn", role);
  row.Json("LogConfiguration", log_configuration);
  row.Text("KmsKeyIdentifier", kms_key);
  row.Object("Tags", tags);
  row.Text("DesiredState", running ? "RUNNING" : "STOPPED");
  row.Number("CreatedMs", created_ms);
  row.Number("ModifiedMs", modified_ms);
  return row.End();
}

Result<PipeRecord> PipeRecord::Decode(std::string_view json) {
  ASSIGN_OR_RETURN(const auto row, records::RowReader::Open(json));
  return PipeRecord{.name = row.Text("Name"),
                    .description = row.Text("Description"),
                    .source = row.Text("Source"),
                    .source_parameters = row.Json("SourceParameters"),
                    .enrichment = row.Text("Enrichment"),
                    .enrichment_parameters = row.Json("EnrichmentParameters"),
                    .target = row.Text("Target"),
                    .target_parameters = row.Json("TargetParameters"),
                    .role = row.Text("RoleArn"),
                    .log_configuration = row.Json("LogConfiguration"),
                    .kms_key = row.Text("KmsKeyIdentifier"),
                    .tags = row.Object("Tags"),
                    .running = row.Text("DesiredState") != "STOPPED",
                    .created_ms = row.Number("CreatedMs"),
                    .modified_ms = row.Number("ModifiedMs")};
}

Result<config::Pipe> Runnable(const PipeRecord& record) {
  config::Pipe pipe;
  pipe.name = record.name;
  pipe.running = record.running;
  // As on AWS: what is given up does not hold back what comes after it.
  pipe.after_failure = config::AfterFailure::kContinue;
  TRY(ReadSource(record, pipe));
  TRY(ReadEnrichment(record, pipe));
  TRY(ReadTarget(record, pipe));
  return pipe;
}

PipeRecord RecordOf(const aws::Home& home, const config::Pipe& pipe) {
  return {.name = pipe.name,
          .source = ArnOfRef(home, pipe.from),
          .enrichment = pipe.enrichment ? ArnOfRef(home, pipe.enrichment->with) : std::string(),
          .target = ArnOfRef(home, pipe.to),
          .running = pipe.running};
}

}  // namespace millrace::api::pipes
