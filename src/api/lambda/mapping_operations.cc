// CreateEventSourceMapping, Get…, Update…, Delete…, List….
//
// An answer that changes something names the state on the way ("Creating"); from the next look on it is the state
// itself.
#include <algorithm>

#include "api/lambda/errors.h"
#include "api/lambda/function_ref.h"
#include "api/lambda/operations.h"
#include "api/lambda/page.h"
#include "api/lambda/rendering.h"
#include "aws/arn.h"
#include "aws/request_reader.h"

namespace millrace::api::lambda {
namespace {

constexpr std::size_t kItemsMax = 100;
constexpr std::size_t kFiltersMax = 10;
constexpr std::size_t kPatternBytesMax = 4'096;

Error MappingNotFound() {
  return Err(ErrorCode::kNotFound, {}, "The resource you requested does not exist.");
}

Status Between(std::optional<std::int64_t> value, std::string_view member, std::int64_t least, std::int64_t most) {
  if (!value) return Ok();
  if (*value < least)
    return ValidationError(std::to_string(*value), member,
                           fmt::format("Member must have value greater than or equal to {}", least));
  if (*value > most)
    return ValidationError(std::to_string(*value), member,
                           fmt::format("Member must have value less than or equal to {}", most));
  return Ok();
}

Status ReadFilters(const json::Value& criteria, EventSourceMapping& mapping) {
  aws::RequestReader reader(criteria);
  const json::Value* filters = reader.List("Filters");
  TRY(reader.status());
  mapping.filters.clear();
  if (filters == nullptr) return Ok();
  if (filters->array().size() > kFiltersMax)
    return ValidationError("[…]", "filterCriteria.filters",
                           fmt::format("Member must have length less than or equal to {}", kFiltersMax));
  for (const json::Value& filter : filters->array()) {
    aws::RequestReader inner(filter);
    const auto pattern = inner.String("Pattern");
    TRY(inner.status());
    if (pattern && pattern->size() > kPatternBytesMax)
      return ValidationError(*pattern, "filterCriteria.filters.member.pattern",
                             fmt::format("Member must have length less than or equal to {}", kPatternBytesMax));
    mapping.filters.emplace_back(pattern.value_or("{}"));
  }
  return Ok();
}

// What CreateEventSourceMapping and UpdateEventSourceMapping share.
Status ReadMapping(const json::Value& request, EventSourceMapping& mapping) {
  aws::RequestReader reader(request);
  const bool queue = mapping.is_queue();
  const auto batch = reader.Integer("BatchSize");
  const auto window = reader.Integer("MaximumBatchingWindowInSeconds");
  const auto parallel = reader.Integer("ParallelizationFactor");
  const auto age = reader.Integer("MaximumRecordAgeInSeconds");
  const auto retries = reader.Integer("MaximumRetryAttempts");
  const auto tumbling = reader.Integer("TumblingWindowInSeconds");
  const auto bisect = reader.Boolean("BisectBatchOnFunctionError");
  const auto enabled = reader.Boolean("Enabled");
  const json::Value* types = reader.List("FunctionResponseTypes");
  const json::Value* destination = reader.Structure("DestinationConfig");
  const json::Value* filters = reader.Structure("FilterCriteria");
  const json::Value* scaling = reader.Structure("ScalingConfig");
  TRY(reader.status());
  TRY(Between(batch, "batchSize", 1, 10'000));
  TRY(Between(window, "maximumBatchingWindowInSeconds", 0, 300));
  TRY(Between(parallel, "parallelizationFactor", 1, 10));
  TRY(Between(age, "maximumRecordAgeInSeconds", -1, 604'800));
  TRY(Between(retries, "maximumRetryAttempts", -1, 10'000));
  TRY(Between(tumbling, "tumblingWindowInSeconds", 0, 900));
  if (age && *age >= 0 && *age < 60)
    return InvalidArgument("MaximumRecordAgeInSeconds must be -1 or from 60 to 604800");
  if (tumbling && *tumbling > 0) return InvalidArgument("Tumbling windows are not available here");
  if (queue && (parallel || age || retries || bisect || destination != nullptr))
    return InvalidArgument("Unsupported parameter for SQS event source: it is for streams");
  if (!queue && scaling != nullptr) return InvalidArgument("ScalingConfig is for SQS event sources");
  if (batch) mapping.batch_size = *batch;
  if (window) mapping.window_seconds = *window;
  if (parallel) mapping.parallelization = *parallel;
  if (age) mapping.record_age_seconds = *age;
  if (retries) mapping.retries = *retries;
  if (bisect) mapping.bisect = *bisect;
  if (enabled) mapping.enabled = *enabled;
  const bool fifo = mapping.source_arn.ends_with(".fifo");
  if (queue && mapping.batch_size > 10 && (fifo || mapping.window_seconds == 0))
    return InvalidArgument(
        "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10");
  if (types != nullptr) {
    mapping.report_failures = false;
    for (const json::Value& type : types->array()) {
      if (!type.is_string() || type.string() != "ReportBatchItemFailures")
        return ValidationError(type.is_string() ? type.string() : std::string_view("?"), "functionResponseTypes",
                               "Member must satisfy enum value set: [ReportBatchItemFailures]");
      mapping.report_failures = true;
    }
  }
  if (destination != nullptr) {
    aws::RequestReader inner(*destination);
    const json::Value* failure = inner.Structure("OnFailure");
    TRY(inner.status());
    mapping.on_failure.clear();
    if (failure != nullptr) {
      aws::RequestReader innermost(*failure);
      if (const auto arn = innermost.String("Destination")) mapping.on_failure = *arn;
      TRY(innermost.status());
    }
  }
  if (scaling != nullptr) {
    aws::RequestReader inner(*scaling);
    const auto most = inner.Integer("MaximumConcurrency");
    TRY(inner.status());
    TRY(Between(most, "scalingConfig.maximumConcurrency", 2, 1'000));
    mapping.maximum_concurrency = most.value_or(0);
  }
  if (filters != nullptr) TRY(ReadFilters(*filters, mapping));
  return Ok();
}

// The function that it invokes.
Status SetFunction(const Call& call, std::string_view name, EventSourceMapping& mapping) {
  ASSIGN_OR_RETURN(FunctionRef ref, ParseFunctionRef(name, std::nullopt, call.context));
  ASSIGN_OR_RETURN(const Found found, FindFunction(call.catalogue, std::move(ref)));
  mapping.function = found.definition->name;
  mapping.qualifier = found.ref.qualifier;
  mapping.function_arn = found.ref.Arn();
  mapping.run_as = call.catalogue.RunName(*found.definition, found.version->version);
  return Ok();
}

std::string Render(const Call& call, const EventSourceMapping& mapping, std::string_view state) {
  std::string text;
  json::Writer writer(&text);
  WriteMapping(writer, mapping, state, call.mappings.LastResult(mapping.uuid));
  return text;
}

std::string_view StateOf(const EventSourceMapping& mapping) {
  return mapping.enabled ? "Enabled" : "Disabled";
}

Result<MappingPtr> FindOwn(const Call& call) {
  MappingPtr mapping = call.mappings.Find(call.context.account, call.context.region, call.place(0));
  if (mapping == nullptr) return MappingNotFound();
  return mapping;
}

}  // namespace

Result<Answer> CreateEventSourceMapping(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto source = reader.String("EventSourceArn");
  const auto function = reader.String("FunctionName");
  const auto start = reader.String("StartingPosition");
  TRY(reader.status());
  if (!function) return MissingMember("functionName");
  if (!source) return InvalidArgument("Unrecognized event source.");
  const Result<aws::Arn> arn = aws::ParseArn(*source);
  if (!arn.ok() || (arn->service != "sqs" && arn->service != "dynamodb"))
    return InvalidArgument(
        "Unrecognized event source, must be kinesis, dynamodb stream or sqs. Unsupported source arn {}", *source);
  EventSourceMapping mapping;
  mapping.uuid = call.random.Uuid();
  mapping.account = call.context.account;
  mapping.region = call.context.region;
  mapping.source_arn = *source;
  if (mapping.is_queue()) {
    mapping.batch_size = 10;
    if (start) return InvalidArgument("StartingPosition is not valid for SQS event sources.");
  } else {
    if (!start)
      return InvalidArgument(
          "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not "
          "be null.");
    if (*start == "AT_TIMESTAMP") return InvalidArgument("Unsupported starting position for arn type: {}", *source);
    if (*start != "TRIM_HORIZON" && *start != "LATEST")
      return ValidationError(*start, "startingPosition",
                             "Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]");
    mapping.starting_position = *start;
  }
  TRY(SetFunction(call, *function, mapping));
  TRY(ReadMapping(call.request, mapping));
  for (const MappingPtr& other : call.mappings.List(mapping.account, mapping.region))
    if (other->source_arn == mapping.source_arn && other->function_arn == mapping.function_arn)
      return Err(
          ErrorCode::kAlreadyExists, {},
          "The event source arn (\" {} \") and function (\" {} \") provided mapping already exists. Please update "
          "or delete the existing mapping with UUID {}",
          mapping.source_arn, mapping.function, other->uuid);
  mapping.modified_ms = call.clock.NowMillis();
  std::string body = Render(call, mapping, "Creating");
  TRY(call.mappings.Put(std::move(mapping)));
  return Answer{202, std::move(body)};
}

Result<Answer> GetEventSourceMapping(const Call& call) {
  ASSIGN_OR_RETURN(const MappingPtr mapping, FindOwn(call));
  return Answer{200, Render(call, *mapping, StateOf(*mapping))};
}

Result<Answer> UpdateEventSourceMapping(const Call& call) {
  ASSIGN_OR_RETURN(const MappingPtr found, FindOwn(call));
  EventSourceMapping mapping = *found;
  aws::RequestReader reader(call.request);
  const auto function = reader.String("FunctionName");
  TRY(reader.status());
  if (function) TRY(SetFunction(call, *function, mapping));
  TRY(ReadMapping(call.request, mapping));
  mapping.modified_ms = call.clock.NowMillis();
  const bool switched = mapping.enabled != found->enabled;
  const std::string_view state = !switched ? "Updating" : mapping.enabled ? "Enabling" : "Disabling";
  std::string body = Render(call, mapping, state);
  TRY(call.mappings.Put(std::move(mapping)));
  return Answer{202, std::move(body)};
}

Result<Answer> DeleteEventSourceMapping(const Call& call) {
  ASSIGN_OR_RETURN(const MappingPtr mapping, FindOwn(call));
  std::string body = Render(call, *mapping, "Deleting");
  TRY(call.mappings.Remove(*mapping));
  return Answer{202, std::move(body)};
}

Result<Answer> ListEventSourceMappings(const Call& call) {
  ASSIGN_OR_RETURN(const Page page, ReadPage(call.route, kItemsMax));
  const auto source = call.route.Query("EventSourceArn");
  const auto function = call.route.Query("FunctionName");
  std::string wanted;
  if (function && !function->empty()) {
    ASSIGN_OR_RETURN(const FunctionRef ref, ParseFunctionRef(*function, std::nullopt, call.context));
    wanted = ref.Arn();
  }
  std::vector<MappingPtr> mappings = call.mappings.List(call.context.account, call.context.region);
  std::erase_if(mappings, [&](const MappingPtr& mapping) {
    return (source && !source->empty() && mapping->source_arn != *source) ||
           (!wanted.empty() && mapping->function_arn != wanted);
  });
  Answer answer;
  json::Writer writer(&answer.body);
  writer.BeginObject();
  WritePage(
      writer, "EventSourceMappings", page, mappings, [](const MappingPtr& mapping) { return mapping->uuid; },
      [&](const MappingPtr& mapping) {
        WriteMapping(writer, *mapping, StateOf(*mapping), call.mappings.LastResult(mapping->uuid));
      });
  writer.EndObject();
  return answer;
}

}  // namespace millrace::api::lambda
