#include "app/shaping.h"

#include <mutex>

#include "app/record_parameters.h"
#include "base/check.h"
#include "json/parse.h"
#include "json/path.h"
#include "json/write.h"
#include "model/key.h"
#include "pattern/matcher.h"
#include "transform/change_event.h"
#include "transform/cloudevents.h"
#include "transform/debezium.h"
#include "transform/envelope.h"
#include "transform/kafka_record.h"

namespace millrace::app {
namespace {

using flow::Record;
using flow::Verdict;

// EventBridge shows a version 4 UUID; ours is derived from the record, so that a redelivery has the same.
constexpr std::size_t kHexIdBytes = 32;

std::string UuidOf(std::string_view hex) {
  CHECK(hex.size() == kHexIdBytes);
  std::string id;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) id.push_back('-');
    id.push_back(i == 12 ? '4' : i == 16 ? "89ab"[(hex[i] & 3)] : hex[i]);
  }
  return id;
}

std::string RulePath(std::string_view bus, std::string_view rule) {
  return bus == "default" ? std::string(rule) : fmt::format("{}/{}", bus, rule);
}

// The document of the record that a function works on. Parsed once per record, only if somebody looks into it.
class Parsed {
 public:
  Status Parse(std::string_view body) {
    TRY(document_.Parse(body));
    root_ = document_.root();
    return Ok();
  }

  // A queue's message, with its body as JSON, if it is JSON, as pipes transform it.
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html#input-transform-implicit
  Status ParseMessage(std::string_view message) {
    TRY(Parse(message));
    body_error_.reset();
    const json::Value* const text = root_.Find("body");
    if (text == nullptr || !text->is_string()) return Ok();
    if (const Status parsed = body_.Parse(text->string()); !parsed.ok()) {
      body_error_ = parsed.error();
      return Ok();
    }
    members_.assign(root_.object().begin(), root_.object().end());
    for (json::Member& member : members_)
      if (member.name == "body") member.value = body_.root();
    root_ = json::Value::Object(members_);
    return Ok();
  }

  const json::Value& root() const { return root_; }
  // Why the message's body is not JSON.
  const std::optional<Error>& body_error() const { return body_error_; }

 private:
  json::Document document_;
  json::Document body_;
  std::vector<json::Member> members_;
  json::Value root_;
  std::optional<Error> body_error_;
};

// A queue's message, or a request, with its body as JSON, if it is JSON, as text for the filter.
std::string WithParsedBody(std::string_view message) {
  Parsed parsed;
  if (!parsed.ParseMessage(message).ok()) return std::string(message);
  std::string text;
  json::AppendValue(text, parsed.root());
  return text;
}

// What a pipe's records have to keep to.
class Validator {
 public:
  // REQUIRES: the schema was read.
  Validator(const config::Validation& validation, bool of_message)
      : schema_(validation.compiled),
        name_(validation.schema.ToString()),
        at_(MUST(json::Path::Parse(!validation.at.empty() ? validation.at
                                   : of_message           ? "$.body"
                                                          : "$"))),
        in_body_(of_message && (at_.text() == "$.body" || at_.text().starts_with("$.body."))) {}

  Status Check(const Parsed& record) const {
    if (in_body_ && record.body_error())
      return Wrong(fmt::format("it is not JSON: {}", record.body_error()->message()));
    const json::Value* const value = at_.Resolve(record.root());
    if (value == nullptr) return Wrong(fmt::format("there is nothing at {} of the record", at_.text()));
    const auto wrong = schema_->Validate(*value);
    return wrong ? Status(Wrong(*wrong)) : Ok();
  }

 private:
  // The beginning is what the reference document's function said.
  Error Wrong(std::string_view why) const { return InvalidArgument("schema is not valid: {}: {}", name_, why); }

  const std::shared_ptr<const jsonschema::Schema> schema_;
  const std::string name_;
  const json::Path at_;
  const bool in_body_;
};

// One pipe's way from a record to what is delivered: at once, or by way of an enrichment, which takes the record's
// place.
class PipeShape {
 public:
  PipeShape(const config::Pipe& pipe, Place place, std::string source_arn, std::shared_ptr<const engine::Log> stream)
      : pipe_(pipe),
        place_(std::move(place)),
        pipe_arn_(PipeArn(place_, pipe.name)),
        source_arn_(std::move(source_arn)),
        stream_(std::move(stream)),
        from_bus_(pipe.from.kind == config::RefKind::kBus),
        from_queue_(pipe.from.kind == config::RefKind::kQueue),
        from_kafka_(pipe.from.kind == config::RefKind::kTarget),
        from_route_(pipe.from.kind == config::RefKind::kRoute),
        to_bus_(pipe.to.kind == config::RefKind::kBus) {
    if (pipe_.validation) validator_.emplace(*pipe_.validation, from_queue_ || from_route_);
  }

  bool wants_body() const {
    const bool only_the_change = pipe_.format == config::Format::kCrud || pipe_.format == config::Format::kDebezium ||
                                 pipe_.format == config::Format::kCloudEvents ||
                                 pipe_.format == config::Format::kEventStore;
    return !only_the_change || LooksIn() || validator_;
  }

  // One thread at a time.
  Result<Verdict> Make(Record& record) {
    // A row that is gone, and a marker, are no events.
    if (pipe_.format == config::Format::kEventStore && !IsEvent(*record.change)) return Verdict::kSkip;
    // The schema, input and parameters see the record itself, whatever the format.
    if (LooksIn() || validator_) TRY(ParseSeen(record.body));
    if (validator_) TRY(validator_->Check(original_));
    transform::BusEntry entry = DefaultEntry();
    TRY(Format(record, entry));
    const transform::Input& input = pipe_.enrichment ? pipe_.enrichment->input : pipe_.input;
    if (!input.is_whole_event()) {
      // A template works on the record as its log describes it; the formats are other ways to say the same.
      entry.detail.clear();
      TRY(input.Render(original_.root(), VariablesOf(record), entry.detail));
    }
    if (pipe_.enrichment) {
      TRY(SetParameters(pipe_.enrichment->parameters, original_.root(), record));
      record.body = std::move(entry.detail);
      return Verdict::kDeliver;
    }
    return Deliver(record, std::move(entry), original_.root());
  }

  // Of what the enrichment answered. Any thread.
  Result<Verdict> MakeOfAnswer(Record& record) const {
    json::Document answer;
    TRY(answer.Parse(record.body));
    transform::BusEntry entry = DefaultEntry();
    if (to_bus_ && stream_ != nullptr && pipe_.format == config::Format::kCrud) TRY(MakeOfChange(record, entry));
    entry.detail.clear();
    if (from_bus_ && to_bus_ && pipe_.input.is_whole_event() && answer.root().Find("detail") != nullptr) {
      NamesOfEvent(answer.root(), entry);
    } else if (pipe_.input.is_whole_event()) {
      entry.detail = std::move(record.body);
    } else {
      TRY(pipe_.input.Render(answer.root(), VariablesOf(record), entry.detail));
    }
    return Deliver(record, std::move(entry), answer.root());
  }

 private:
  // As templates see it.
  Status ParseSeen(const std::string& body) {
    if (from_queue_ || from_route_) return original_.ParseMessage(body);
    return original_.Parse(from_kafka_ ? transform::DecodedKafkaRecord(body) : body);
  }

  // Events are numbered from 0; negative numbers are others' own rows, such as markers of a dispatcher.
  bool IsEvent(const model::Change& change) const {
    if (change.kind == model::ChangeKind::kRemove) return false;
    if (!stream_->schema.sort) return true;
    const model::AttributeValue* const version = change.keys.Find(stream_->schema.sort->name);
    return version == nullptr || version->n() == nullptr || !version->n()->ToString().starts_with('-');
  }

  bool LooksIn() const {
    const transform::Input& input = pipe_.enrichment ? pipe_.enrichment->input : pipe_.input;
    return !input.is_whole_event() || LooksInto(pipe_.enrichment ? pipe_.enrichment->parameters : pipe_.parameters) ||
           (!pipe_.enrichment && (IsPath(pipe_.event.source) || IsPath(pipe_.event.detail_type))) || from_route_ ||
           (from_bus_ && (to_bus_ || pipe_.format == config::Format::kCloudEvents));
  }
  static bool IsPath(const std::optional<transform::Parameter>& parameter) {
    return parameter && !parameter->is_literal();
  }

  transform::BusEntry DefaultEntry() const {
    transform::BusEntry entry;
    entry.source = (from_route_ ? "Route " : "Pipe ") + pipe_.name;
    entry.detail_type = from_bus_     ? "Event from bus"
                        : from_queue_ ? "Event from aws:sqs"
                        : from_kafka_ ? "Event from aws:kafka"
                        : from_route_ ? "HTTP request"
                                      : "Event from aws:dynamodb";
    return entry;
  }

  // As the target, or the bus, gets it. `root`: what parameters look into.
  Result<Verdict> Deliver(Record& record, transform::BusEntry entry, const json::Value& root) const {
    TRY(SetParameters(pipe_.parameters, root, record));
    if (!to_bus_) {
      record.body = std::move(entry.detail);
      return Verdict::kDeliver;
    }
    if (pipe_.source) entry.source = *pipe_.source;
    if (pipe_.event.source) {
      ASSIGN_OR_RETURN(entry.source, pipe_.event.source->Evaluate(root));
    }
    if (pipe_.event.detail_type) {
      ASSIGN_OR_RETURN(entry.detail_type, pipe_.event.detail_type->Evaluate(root));
    }
    TRY(CheckEntry(entry));
    if (record.id.size() == kHexIdBytes) record.id = UuidOf(record.id);
    record.body.clear();
    transform::AppendEnvelope(record.body, {.id = record.id,
                                            .detail_type = entry.detail_type,
                                            .source = entry.source,
                                            .account = place_.account,
                                            .time_ms = record.time_ms,
                                            .region = place_.region,
                                            .replay_name = {},
                                            .resources = {},
                                            .detail = entry.detail});
    return Verdict::kDeliver;
  }

  static Status SetParameters(const config::RecordParameters& parameters, const json::Value& root, Record& record) {
    record.parameters = nullptr;
    if (parameters.IsEmpty()) return Ok();
    ASSIGN_OR_RETURN(record.parameters, Evaluate(parameters, root));
    return Ok();
  }

  Status Format(const Record& record, transform::BusEntry& entry) const {
    if (stream_ != nullptr) return MakeOfChange(record, entry);
    if (from_bus_) return MakeOfEvent(record, entry);
    if (from_route_) {
      const json::Value* const body = original_.root().Find("body");
      if (body == nullptr) return Ok();
      if (body->is_string())
        entry.detail = body->string();
      else
        json::AppendValue(entry.detail, *body);
      return Ok();
    }
    entry.detail = record.body;
    return Ok();
  }

  Status MakeOfChange(const Record& record, transform::BusEntry& entry) const {
    const model::Change& change = *record.change;
    switch (pipe_.format) {
      case config::Format::kStreamRecord:
        entry.detail = record.body;
        return Ok();
      case config::Format::kEventStore:
        return Ok();  // the target makes its message of the change
      case config::Format::kCrud: {
        transform::ChangeEventOptions options;
        options.source = pipe_.source.value_or(std::string());
        options.field_case = pipe_.field_case == config::FieldCase::kCamel ? transform::FieldCase::kCamel
                                                                           : transform::FieldCase::kPascal;
        ASSIGN_OR_RETURN(entry, transform::MakeChangeEvent(stream_->name, change, options));
        return Ok();
      }
      case config::Format::kCloudEvents:
        transform::AppendCloudEvent(
            entry.detail,
            transform::CloudEventOfChange(change, {.event_id = record.id,
                                                   .sequence_number = record.offset,
                                                   .table_arn = source_arn_.substr(0, source_arn_.find("/stream/"))}));
        return Ok();
      case config::Format::kDebezium:
        return transform::AppendDebeziumValue(entry.detail, change,
                                              {.region = place_.region,
                                               .table = stream_->name,
                                               .sequence_number = record.offset,
                                               .processed_ms = record.time_ms});
    }
    return Ok();
  }

  Status MakeOfEvent(const Record& record, transform::BusEntry& entry) const {
    if (pipe_.format == config::Format::kCloudEvents) {
      ASSIGN_OR_RETURN(const transform::CloudEvent event, transform::CloudEventOfBusEvent(original_.root()));
      transform::AppendCloudEvent(entry.detail, event);
      return Ok();
    }
    if (!to_bus_) {
      entry.detail = record.body;
      return Ok();
    }
    NamesOfEvent(original_.root(), entry);
    return Ok();
  }

  // To another bus, an event keeps its names and its detail.
  static void NamesOfEvent(const json::Value& event, transform::BusEntry& entry) {
    const auto text = [&](std::string_view name, std::string& value) {
      if (const json::Value* member = event.Find(name); member != nullptr && member->is_string())
        value = member->string();
    };
    text("source", entry.source);
    text("detail-type", entry.detail_type);
    if (const json::Value* detail = event.Find("detail")) json::AppendValue(entry.detail, *detail);
  }

  static Status CheckEntry(const transform::BusEntry& entry) {
    if (entry.source.empty() || entry.source.size() > 256)
      return Err(ErrorCode::kInvalidArgument, {}, "the event's source has {} bytes; 1 to 256 are allowed",
                 entry.source.size());
    // https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html
    if (entry.source.starts_with("aws."))
      return Err(ErrorCode::kInvalidArgument, {}, "the event's source '{}' begins with \"aws.\", which is AWS's own",
                 entry.source);
    if (entry.detail_type.empty() || entry.detail_type.size() > 128)
      return Err(ErrorCode::kInvalidArgument, {}, "the event's detail-type has {} bytes; 1 to 128 are allowed",
                 entry.detail_type.size());
    if (!entry.detail.starts_with('{'))
      return Err(ErrorCode::kInvalidArgument, {}, "the detail of an event must be a JSON object, not {}",
                 entry.detail.substr(0, 40));
    return Ok();
  }

  transform::Variables VariablesOf(const Record& record) const {
    return {
        .pipe_arn = pipe_arn_, .pipe_name = pipe_.name, .source_arn = source_arn_, .ingestion_time_ms = record.time_ms};
  }

  const config::Pipe pipe_;
  const Place place_;
  const std::string pipe_arn_;
  const std::string source_arn_;
  const std::shared_ptr<const engine::Log> stream_;  // null: from a bus or a queue
  const bool from_bus_;
  const bool from_queue_;
  const bool from_kafka_;
  const bool from_route_;
  const bool to_bus_;
  std::optional<Validator> validator_;
  Parsed original_;
};

flow::Start StartOf(const config::Start& start) {
  switch (start.kind) {
    case config::Start::Kind::kLatest:
      return flow::Start::Latest();
    case config::Start::Kind::kTrimHorizon:
      return flow::Start::TrimHorizon();
    case config::Start::Kind::kSequence:
      return flow::Start::AtOffset(start.sequence);
    case config::Start::Kind::kTime:
      return flow::Start::AtTime(start.time_ms);
  }
  return flow::Start::Latest();
}

void ShapeFailure(const config::Retry& retry, config::AfterFailure after, flow::SubscriptionOptions& options) {
  options.retry.retries_max = retry.retries_max;
  options.retry.age_max = retry.age_max;
  options.after_failure =
      after == config::AfterFailure::kHold ? flow::AfterFailure::kHold : flow::AfterFailure::kContinue;
}

std::function<std::string(const Record&)> OrderByPath(const transform::EventPath& path, bool from_kafka) {
  return [path, from_kafka, parsed = std::make_shared<Parsed>()](const Record& record) {
    std::string key;
    if (!parsed->Parse(from_kafka ? transform::DecodedKafkaRecord(record.body) : record.body).ok()) return key;
    // Records that have nothing there share a lane.
    if (const transform::Extract found = path.Find(parsed->root()); !found.missing()) found.AppendJson(key);
    return key;
  };
}

}  // namespace

std::string PipeArn(const Place& place, std::string_view pipe) {
  return fmt::format("arn:aws:pipes:{}:{}:pipe/{}", place.region, place.account, pipe);
}
std::string RuleArn(const Place& place, std::string_view bus, std::string_view rule) {
  return fmt::format("arn:aws:events:{}:{}:rule/{}", place.region, place.account, RulePath(bus, rule));
}

std::string FunctionArn(const Place& place, std::string_view function) {
  return fmt::format("arn:aws:lambda:{}:{}:function:{}", place.region, place.account, function);
}

Result<std::function<bool(const Record&)>> MatchAny(const std::vector<config::PatternText>& patterns) {
  struct Filter {
    pattern::Matcher matcher;
    pattern::MatchReader reader{matcher};
  };
  auto filter = std::make_shared<Filter>();
  for (const config::PatternText& text : patterns) {
    ASSIGN_OR_RETURN(const auto pattern, pattern::Pattern::Parse(text.json));
    TRY(filter->matcher.Add(static_cast<pattern::RuleId>(filter->matcher.rule_count()), pattern));
  }
  return [filter](const Record& record) {
    const auto matched = filter->reader.Match(record.body);
    CHECK(matched.ok(), "what a log describes is an event");
    return !matched->empty();
  };
}

Result<flow::EnrichingTarget::Shape> ShapePipe(const config::Pipe& pipe, const Place& place, std::string source_arn,
                                               std::shared_ptr<const engine::Log> stream,
                                               flow::SubscriptionOptions& options) {
  if (pipe.validation && pipe.validation->compiled == nullptr)
    return Err(ErrorCode::kFailedPrecondition, {}, "{} was not read", pipe.validation->schema.ToString());
  options.start = StartOf(pipe.start);
  options.paused = !pipe.running;
  options.batch_records_max = pipe.batch;
  options.batch_window = pipe.window;
  options.lanes_max = pipe.parallel;
  options.bisect = pipe.bisect ? flow::Bisect::kOn : flow::Bisect::kOff;
  ShapeFailure(pipe.retry, pipe.after_failure, options);
  auto shape = std::make_shared<PipeShape>(pipe, place, std::move(source_arn), stream);
  options.interest.bodies = shape->wants_body();
  options.transform = [shape](Record& record) { return shape->Make(record); };
  if (!pipe.match.empty()) {
    // Pipes filter the record as their log describes it, whatever format they make of it.
    options.interest.bodies = true;
    ASSIGN_OR_RETURN(options.filter, MatchAny(pipe.match));
    if (pipe.from.kind == config::RefKind::kQueue) {
      options.filter = [match = std::move(options.filter)](const Record& record) {
        Record decoded = record;
        decoded.body = WithParsedBody(record.body);
        return match(decoded);
      };
    }
    if (pipe.from.kind == config::RefKind::kTarget) {
      options.filter = [match = std::move(options.filter)](const Record& record) {
        Record decoded = record;
        decoded.body = transform::DecodedKafkaRecord(record.body);
        return match(decoded);
      };
    }
  }
  if (pipe.order.by == config::Order::By::kPartition && stream == nullptr) {
    options.order_key = [](const Record& record) { return record.shard; };  // Kafka's own partitions
  } else if (pipe.order.by == config::Order::By::kPartition) {
    options.order_key = [schema = stream->schema](const Record& record) {
      const auto key = model::KeyOfKeyItem(schema, record.change->keys);
      return key.ok() ? std::string(key->partition_prefix()) : record.order_key;
    };
  } else if (pipe.order.by == config::Order::By::kPath) {
    options.interest.bodies = true;
    ASSIGN_OR_RETURN(const auto path, transform::EventPath::Parse(pipe.order.path));
    options.order_key = OrderByPath(path, pipe.from.kind == config::RefKind::kTarget);
  }
  if (!pipe.enrichment) return nullptr;
  return [shape](Record& record) { return shape->MakeOfAnswer(record); };
}

std::function<Result<Verdict>(Record&)> ShapeRequests(const config::HttpRoute& route, const Place& place) {
  config::Pipe pipe;
  pipe.name = route.name;
  pipe.from = {config::RefKind::kRoute, route.name, {}};
  pipe.to = route.to;
  pipe.input = route.input;
  pipe.event = route.event;
  pipe.parameters = route.parameters;
  struct Shared {
    std::mutex mutex;
    PipeShape shape;
  };
  std::shared_ptr<Shared> shared(new Shared{{}, {pipe, place, {}, nullptr}});
  return [shared](Record& record) {
    std::lock_guard lock(shared->mutex);
    return shared->shape.Make(record);
  };
}

void ShapeRule(const config::Rule& rule, const config::RuleTarget& to, const Place& place, const std::string& bus,
               flow::SubscriptionOptions& options) {
  ShapeFailure(to.retry, rule.after_failure, options);
  if (to.ref.kind == config::RefKind::kBus) {
    // One hop: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-bus-to-bus.html
    options.filter = [](const Record& record) { return !record.forwarded; };
    options.transform = [](Record& record) -> Result<Verdict> {
      record.forwarded = true;
      return Verdict::kDeliver;
    };
    return;
  }
  if (to.input.is_whole_event() && to.parameters.IsEmpty()) return;
  options.transform = [input = to.input, parameters = to.parameters, rule_arn = RuleArn(place, bus, rule.name),
                       rule_name = rule.name, parsed = std::make_shared<Parsed>()](Record& record) -> Result<Verdict> {
    if (!input.is_whole_event() || LooksInto(parameters)) TRY(parsed->Parse(record.body));
    if (!parameters.IsEmpty()) {
      ASSIGN_OR_RETURN(record.parameters, Evaluate(parameters, parsed->root()));
    }
    if (input.is_whole_event()) return Verdict::kDeliver;
    std::string body;
    TRY(input.Render(parsed->root(),
                     {.rule_arn = rule_arn, .rule_name = rule_name, .ingestion_time_ms = record.time_ms}, body));
    record.body = std::move(body);
    return Verdict::kDeliver;
  };
}

Result<Verdict> NameReplay(Record& record, const std::string& replay) {
  json::Document document;
  TRY(document.Parse(record.body));
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  for (const json::Member& member : document.root().object()) {
    if (member.name == "replay-name") continue;
    writer.Key(member.name);
    json::AppendValue(writer.RawValue(), member.value);
    if (member.name == "region") {
      writer.Key("replay-name");
      writer.String(replay);
    }
  }
  writer.EndObject();
  record.body = std::move(body);
  return Verdict::kDeliver;
}

}  // namespace millrace::app
