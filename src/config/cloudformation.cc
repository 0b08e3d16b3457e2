#include "config/cloudformation.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/check.h"
#include "config/input.h"
#include "config/limits.h"
#include "config/record_parameters.h"

namespace millrace::config {
namespace {

// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html: less than 60 seconds is not allowed
constexpr std::int64_t kRecordAgeMin = 60;

Milliseconds Seconds(std::int64_t count) {
  return std::chrono::seconds(count);
}

void Say(const Fields& aws, std::string_view code, std::string_view property, std::string what, std::string why = {},
         std::string fix = {}) {
  aws.report().Add(code, aws.Place(property), aws.ref(),
                   {fmt::format("{}: {} {}", aws.ref(), aws.Path(property), what), std::move(why), std::move(fix)});
}

// `said`: a key of Millrace has said the same already.
void NotTwice(bool said, const Fields& aws, std::string_view property, std::string_view key) {
  if (!said || !aws.Has(property)) return;
  Say(aws, code::kExactlyOne, property, fmt::format("and {} say the same", key), {}, "remove one of the two");
}

void CheckName(Fields& aws, const std::string& name) {
  const auto given = aws.Text("Name");
  if (!given || *given == name) return;
  Say(aws, code::kBadValue, "Name", fmt::format("is {}, not {}", Quoted(*given), Quoted(name)),
      "the name is the key under which it stands here", "use the same name, or remove Name");
}

// What the property says stands in a key of ours, which can be a reference.
void MustStand(const Fields& aws, std::string_view property, bool stands, std::string_view key) {
  if (stands || !aws.Has(property)) return;
  Say(aws, code::kMissingKey, property, fmt::format("needs {}", key), "an ARN of AWS leads nowhere here",
      fmt::format("add {}, which names the resource of this file, or remove {}", key, property));
}

// `aws`: where the key would be missing. `fits`: the records go to such a place.
void MustFit(const Fields& aws, std::string_view property, bool fits, std::string why) {
  if (fits || !aws.Has(property)) return;
  Say(aws, code::kBadValue, property, "has no effect here", std::move(why), "remove the key");
}

void ReadRequest(Fields& aws, const Fields& beside, RecordParameters& parameters) {
  aws.Nested("HttpParameters", [&](Fields& request) {
    parameters.span = aws.Place("HttpParameters");
    ReadRequestParts(request, kAwsRequestKeys, parameters);
  });
  NotTwice(beside.Has("request"), aws, "HttpParameters", "request");
}

void ReadMessage(Fields& aws, std::string_view property, const Fields& beside, bool deduplication,
                 RecordParameters& parameters) {
  aws.Nested(property, [&](Fields& message) {
    parameters.span = aws.Place(property);
    NotTwice(beside.Has("group"), message, "MessageGroupId", "group");
    if (auto group = ReadParameter(message, "MessageGroupId")) parameters.group = std::move(group);
    if (!deduplication) return;
    NotTwice(beside.Has("deduplication-id"), message, "MessageDeduplicationId", "deduplication-id");
    if (auto id = ReadParameter(message, "MessageDeduplicationId")) parameters.deduplication_id = std::move(id);
  });
}

void ReadStream(Fields& stream, const Fields& beside, std::uint32_t shards, Pipe& pipe) {
  if (const auto size = stream.Integer("BatchSize")) pipe.batch = static_cast<std::uint32_t>(*size);
  NotTwice(beside.Has("batch"), stream, "BatchSize", "batch");
  if (const auto window = stream.Integer("MaximumBatchingWindowInSeconds")) pipe.window = Seconds(*window);
  NotTwice(beside.Has("window"), stream, "MaximumBatchingWindowInSeconds", "window");
  if (const auto age = stream.Integer("MaximumRecordAgeInSeconds")) {
    if (*age >= 0) pipe.retry.age_max = Seconds(*age);
    if (*age >= 0 && *age < kRecordAgeMin)
      Say(stream, code::kBadValue, "MaximumRecordAgeInSeconds", fmt::format("is {}", *age),
          "it is -1, for ever, or 60 to 604800");
  }
  NotTwice(beside.Has("max-age"), stream, "MaximumRecordAgeInSeconds", "max-age");
  if (const auto attempts = stream.Integer("MaximumRetryAttempts"); attempts && *attempts >= 0)
    pipe.retry.retries_max = static_cast<std::uint32_t>(*attempts);
  NotTwice(beside.Has("retries"), stream, "MaximumRetryAttempts", "retries");
  if (stream.Choice("OnPartialBatchItemFailure")) pipe.bisect = true;
  NotTwice(beside.Has("bisect"), stream, "OnPartialBatchItemFailure", "bisect");
  if (const auto factor = stream.Integer("ParallelizationFactor"))
    pipe.parallel = std::min(static_cast<std::uint32_t>(*factor) * shards, limits::kParallelMax);
  NotTwice(beside.Has("parallel"), stream, "ParallelizationFactor", "parallel");
  MustStand(stream, "DeadLetterConfig", pipe.on_failure.has_value(), "on-failure");
  if (const auto start = stream.Choice("StartingPosition"))
    pipe.start.kind = *start == 0 ? Start::Kind::kTrimHorizon : Start::Kind::kLatest;
  NotTwice(beside.Has("start"), stream, "StartingPosition", "start");
}

std::vector<FoundPattern> ReadSource(Fields& source, const Fields& beside, std::uint32_t shards, Pipe& pipe) {
  std::vector<FoundPattern> filters;
  source.Nested("FilterCriteria", [&](Fields& criteria) {
    criteria.Each("Filters", [&](Fields& filter) {
      if (auto pattern = filter.PatternOfText("Pattern")) filters.push_back(*std::move(pattern));
    });
    NotTwice(beside.Has("match"), criteria, "Filters", "match");
  });
  source.Nested("DynamoDBStreamParameters", [&](Fields& stream) { ReadStream(stream, beside, shards, pipe); });
  source.Nested("SqsQueueParameters", [&](Fields& queue) {
    if (!beside.Has("batch")) pipe.batch = static_cast<std::uint32_t>(queue.Integer("BatchSize").value_or(10));
    NotTwice(beside.Has("batch"), queue, "BatchSize", "batch");
    if (const auto window = queue.Integer("MaximumBatchingWindowInSeconds")) pipe.window = Seconds(*window);
    NotTwice(beside.Has("window"), queue, "MaximumBatchingWindowInSeconds", "window");
  });
  MustFit(source, "DynamoDBStreamParameters", pipe.from.kind == RefKind::kTable,
          fmt::format("the pipe reads {}, not a table's stream", pipe.from.ToString()));
  MustFit(source, "SqsQueueParameters", pipe.from.kind == RefKind::kQueue,
          fmt::format("the pipe reads {}, not a queue", pipe.from.ToString()));
  return filters;
}

void ReadEventNames(Fields& bus, Pipe& pipe) {
  const auto read = [&](std::string_view property, std::optional<transform::Parameter>& parameter) {
    if (const auto text = bus.Text(property)) parameter = MUST(transform::Parameter::Parse(property, *text));
  };
  NotTwice(pipe.event.source || pipe.source, bus, "Source", pipe.source ? "source" : "event.source");
  NotTwice(pipe.event.detail_type.has_value(), bus, "DetailType", "event.detail-type");
  read("Source", pipe.event.source);
  read("DetailType", pipe.event.detail_type);
}

void ReadTemplate(Fields& aws, transform::Input& input) {
  const auto text = aws.Text("InputTemplate");
  if (!text) return;
  auto read = PipeInput(*text);
  if (read.ok())
    input = *std::move(read);
  else
    Say(aws, code::kBadValue, "InputTemplate", fmt::format("cannot be used: {}", read.error().message()));
}

void ReadTarget(Fields& target, const Fields& beside, Pipe& pipe) {
  ReadTemplate(target, pipe.input);
  NotTwice(beside.Has("input"), target, "InputTemplate", "input");
  target.Nested("EventBridgeEventBusParameters", [&](Fields& bus) { ReadEventNames(bus, pipe); });
  target.Nested("LambdaFunctionParameters", [](Fields& function) { function.Choice("InvocationType"); });
  ReadRequest(target, beside, pipe.parameters);
  ReadMessage(target, "SqsQueueParameters", beside, true, pipe.parameters);
  const std::string to = pipe.to.ToString();
  MustFit(target, "EventBridgeEventBusParameters", pipe.to.kind == RefKind::kBus,
          fmt::format("it names the events of a bus; the pipe feeds {}", to));
  MustFit(target, "LambdaFunctionParameters", pipe.to.kind == RefKind::kFunction,
          fmt::format("the pipe feeds {}, not a function", to));
  MustFit(target, "SqsQueueParameters", pipe.to.kind == RefKind::kQueue,
          fmt::format("the pipe feeds {}, not a queue", to));
}

// None of Input, InputPath and InputTransformer: nothing.
std::optional<Result<transform::Input>> ReadInput(Fields& target, std::string_view& given) {
  std::optional<Result<transform::Input>> input;
  if (const auto json = target.Text("Input")) {
    given = "Input";
    input = transform::Input::Constant(*json);
  }
  if (const auto path = target.Text("InputPath")) {
    given = "InputPath";
    input = transform::Input::AtPath(*path);
  }
  target.Nested("InputTransformer", [&](Fields& transformer) {
    const auto paths = transformer.Texts("InputPathsMap");
    const auto text = transformer.Text("InputTemplate");
    if (!text) return;
    given = "InputTransformer";
    input = RuleInput(paths, *text);
  });
  return input;
}

void ReadRuleTarget(Fields& target, const Fields& beside, RuleTarget& to) {
  std::string_view given;
  auto input = ReadInput(target, given);
  if (target.Has("Input") + target.Has("InputPath") + target.Has("InputTransformer") > 1)
    Say(target, code::kExactlyOne, target.Has("InputTransformer") ? "InputTransformer" : "InputPath", "is one too many",
        "a target takes one of Input, InputPath and InputTransformer", "remove the others");
  else if (input && input->ok())
    to.input = **std::move(input);
  else if (input)
    Say(target, code::kBadValue, given, fmt::format("cannot be used: {}", input->error().message()));
  if (!given.empty()) NotTwice(beside.Has("input"), target, given, "input");
  target.Nested("RetryPolicy", [&](Fields& retry) {
    if (const auto age = retry.Integer("MaximumEventAgeInSeconds")) to.retry.age_max = Seconds(*age);
    if (const auto attempts = retry.Integer("MaximumRetryAttempts"))
      to.retry.retries_max = static_cast<std::uint32_t>(*attempts);
  });
  NotTwice(beside.Has("retry"), target, "RetryPolicy", "retry");
  ReadRequest(target, beside, to.parameters);
  ReadMessage(target, "SqsParameters", beside, false, to.parameters);
  MustStand(target, "DeadLetterConfig", beside.Has("on-failure"), "on-failure");
}

}  // namespace

std::vector<FoundPattern> ReadAwsPipe(Fields& aws, const Fields& beside, std::uint32_t shards, Pipe& pipe) {
  std::vector<FoundPattern> filters;
  CheckName(aws, pipe.name);
  if (const auto state = aws.Choice("DesiredState")) pipe.running = *state == 0;
  NotTwice(beside.Has("state"), aws, "DesiredState", "state");
  aws.Nested("SourceParameters", [&](Fields& source) { filters = ReadSource(source, beside, shards, pipe); });
  aws.Nested("TargetParameters", [&](Fields& target) { ReadTarget(target, beside, pipe); });
  MustStand(aws, "Enrichment", pipe.enrichment.has_value(), "enrich");
  Enrichment none;
  Enrichment& enrichment = pipe.enrichment ? *pipe.enrichment : none;
  const bool asks = !enrichment.input.is_whole_event();
  const bool requests = enrichment.parameters.HasHttp();
  aws.Nested("EnrichmentParameters", [&](Fields& question) {
    ReadTemplate(question, enrichment.input);
    NotTwice(asks, question, "InputTemplate", "enrich.input");
    question.Nested("HttpParameters", [&](Fields& request) {
      enrichment.parameters.span = question.Place("HttpParameters");
      ReadRequestParts(request, kAwsRequestKeys, enrichment.parameters);
    });
    NotTwice(requests, question, "HttpParameters", "enrich.request");
  });
  MustStand(aws, "EnrichmentParameters", pipe.enrichment.has_value(), "enrich");
  return filters;
}

std::optional<FoundPattern> ReadAwsRule(Fields& aws, const Fields& beside, Rule& rule) {
  std::optional<FoundPattern> pattern;
  CheckName(aws, rule.name);
  for (FoundPattern& found : aws.Patterns("EventPattern")) pattern = std::move(found);
  NotTwice(beside.Has("match"), aws, "EventPattern", "match");
  if (auto schedule = aws.Text("ScheduleExpression")) rule.schedule = *std::move(schedule);
  NotTwice(beside.Has("schedule"), aws, "ScheduleExpression", "schedule");
  if (const auto state = aws.Choice("State")) rule.enabled = *state != 1;
  NotTwice(beside.Has("enabled"), aws, "State", "enabled");
  std::size_t targets = 0;
  aws.Each("Targets", [&](Fields& target) {
    RuleTarget ignored;  // there are more of them than of `to`, which is reported below
    ReadRuleTarget(target, beside, targets < rule.to.size() ? rule.to[targets] : ignored);
    ++targets;
  });
  if (targets != 0 && targets != rule.to.size() && !rule.to.empty())
    Say(aws, code::kBadValue, "Targets", fmt::format("has {}, to has {}", targets, rule.to.size()),
        "each of Targets says what the one of `to` in the same place gets");
  return pattern;
}

}  // namespace millrace::config
