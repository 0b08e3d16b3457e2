// Replays: archived events on their bus once more. Ours come in the order in which they were archived.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_StartReplay.html
#include <algorithm>

#include "api/events/error_map.h"
#include "api/events/operations.h"

namespace millrace::api::events {
namespace {

constexpr std::size_t kNameMax = 64;

std::string_view StateName(ReplayReport::State state) {
  switch (state) {
    case ReplayReport::State::kRunning:
      return "RUNNING";
    case ReplayReport::State::kCompleted:
      return "COMPLETED";
    case ReplayReport::State::kCancelled:
      return "CANCELLED";
  }
  return "FAILED";
}

std::string ReplayArn(const Call& call, std::string_view name) {
  return ArnOf(call.home(), fmt::format("replay/{}", name));
}

Result<std::string> ReadName(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto name = reader.String("ReplayName");
  TRY(reader.status());
  aws::Constraints constraints;
  CheckName(constraints, name, "replayName", kNameMax);
  TRY(constraints.Check());
  return std::string(*name);
}

void AppendReplay(json::Writer& writer, const Call& call, const ReplayReport& replay) {
  writer.Key("ReplayName");
  writer.String(replay.order.name);
  writer.Key("State");
  writer.String(StateName(replay.state));
  writer.Key("EventSourceArn");
  writer.String(ArnOf(call.home(), fmt::format("archive/{}", replay.order.archive)));
  AppendTime(writer, "EventStartTime", replay.order.from_ms);
  AppendTime(writer, "EventEndTime", replay.order.to_ms);
  if (replay.started_ms != 0) AppendTime(writer, "ReplayStartTime", replay.started_ms);
  if (replay.ended_ms != 0) AppendTime(writer, "ReplayEndTime", replay.ended_ms);
}

Result<ReplayReport> Find(const Call& call, std::string_view name) {
  ASSIGN_OR_RETURN(auto replays, call.plant.Replays());
  for (ReplayReport& replay : replays)
    if (replay.order.name == name) return std::move(replay);
  return Err(ErrorCode::kNotFound, {}, "Replay {} does not exist.", name);
}

// The rules of FilterArns, all of this bus.
Result<std::vector<std::string>> ReadFilter(const Call& call, aws::RequestReader& destination, std::string_view bus) {
  const json::Value* filter = destination.List("FilterArns");
  TRY(destination.status());
  std::vector<std::string> rules;
  if (filter == nullptr) return rules;
  for (const json::Value& each : filter->array()) {
    if (!each.is_string()) return aws::WrongJsonType(each, "String");
    const auto rule = RuleNameOf(each.string());
    if (!rule || rule->bus != bus)
      return InvalidArgument(
          "Parameter Destination.FilterArns is not valid. Reason: {} is no rule of the event bus {}.", each.string(),
          bus);
    TRY(call.registry.Rule(rule->bus, rule->rule));
    rules.push_back(rule->rule);
  }
  return rules;
}

}  // namespace

Result<std::string> StartReplay(const Call& call) {
  ASSIGN_OR_RETURN(const std::string name, ReadName(call));
  aws::RequestReader reader(call.request);
  const auto source = reader.String("EventSourceArn");
  const auto from = reader.EpochMillis("EventStartTime"), to = reader.EpochMillis("EventEndTime");
  const json::Value* destination_json = reader.Structure("Destination");
  TRY(reader.status());
  aws::Constraints constraints;
  constraints.NotNull(source.has_value(), "eventSourceArn");
  constraints.Length(source, "eventSourceArn", 1, 1600);
  constraints.NotNull(from.has_value(), "eventStartTime");
  constraints.NotNull(to.has_value(), "eventEndTime");
  constraints.NotNull(destination_json != nullptr, "destination");
  TRY(constraints.Check());
  aws::RequestReader destination(*destination_json);
  const auto destination_arn = destination.String("Arn");
  TRY(destination.status());
  constraints.NotNull(destination_arn.has_value(), "destination.arn");
  TRY(constraints.Check());
  const auto bus = NameOfArn(*destination_arn, "event-bus");
  if (!bus) return InvalidArgument("Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN.");
  TRY(call.registry.Bus(*bus));
  const auto archive_name = NameOfArn(*source, "archive");
  const ArchiveRecord* archive = archive_name ? call.registry.archives.Find(*archive_name) : nullptr;
  if (archive == nullptr)
    return InvalidArgument("Parameter EventSourceArn is not valid. Reason: Archive {} does not exist.",
                           archive_name.value_or(std::string(*source)));
  if (archive->bus != *bus)
    return InvalidArgument("Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.");
  if (*from >= *to)
    return InvalidArgument("Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.");
  ASSIGN_OR_RETURN(auto rules, ReadFilter(call, destination, *bus));
  const Status started = call.plant.StartReplay(
      {.name = name, .bus = *bus, .archive = archive->name, .from_ms = *from, .to_ms = *to, .rules = std::move(rules)});
  if (!started.ok() && started.error().code() == ErrorCode::kAlreadyExists)
    return Err(ErrorCode::kAlreadyExists, {}, "Replay {} already exists.", name);
  TRY(started);
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("ReplayArn");
  writer.String(ReplayArn(call, name));
  writer.Key("State");
  writer.String("STARTING");
  AppendTime(writer, "ReplayStartTime", call.now_ms);
  writer.EndObject();
  return body;
}

Result<std::string> DescribeReplay(const Call& call) {
  ASSIGN_OR_RETURN(const std::string name, ReadName(call));
  ASSIGN_OR_RETURN(const ReplayReport replay, Find(call, name));
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("ReplayArn");
  writer.String(ReplayArn(call, name));
  AppendReplay(writer, call, replay);
  writer.Key("Destination");
  writer.BeginObject();
  writer.Key("Arn");
  writer.String(BusArn(call.home(), replay.order.bus));
  if (!replay.order.rules.empty()) {
    writer.Key("FilterArns");
    writer.BeginArray();
    for (const std::string& rule : replay.order.rules) writer.String(RuleArn(call.home(), replay.order.bus, rule));
    writer.EndArray();
  }
  writer.EndObject();
  writer.EndObject();
  return body;
}

Result<std::string> CancelReplay(const Call& call) {
  ASSIGN_OR_RETURN(const std::string name, ReadName(call));
  TRY(Find(call, name));
  const Status cancelled = call.plant.CancelReplay(name);
  if (!cancelled.ok() && cancelled.error().code() == ErrorCode::kFailedPrecondition)
    return Err(ErrorCode::kFailedPrecondition, reason::kIllegalStatus,
               "Replay {} is not in a valid state for this operation.", name);
  TRY(cancelled);
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("ReplayArn");
  writer.String(ReplayArn(call, name));
  writer.Key("State");
  writer.String("CANCELLING");
  writer.EndObject();
  return body;
}

Result<std::string> ListReplays(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto prefix = reader.String("NamePrefix"), source = reader.String("EventSourceArn"),
             state = reader.String("State");
  aws::Constraints constraints;
  constraints.Length(prefix, "namePrefix", 1, kNameMax);
  ASSIGN_OR_RETURN(const Paging paging, ReadPaging(reader, constraints));
  TRY(reader.status());
  TRY(constraints.Check());
  if (prefix.has_value() + source.has_value() + state.has_value() > 1)
    return InvalidArgument(
        "At most one filter is allowed for ListReplays. Use either : State, EventSourceArn, or NamePrefix.");
  ASSIGN_OR_RETURN(auto replays, call.plant.Replays());
  std::ranges::sort(replays, {}, [](const ReplayReport& replay) { return replay.order.name; });
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("Replays");
  writer.BeginArray();
  std::size_t count = 0;
  std::string last;
  bool more = false;
  for (const ReplayReport& replay : replays) {
    const std::string& name = replay.order.name;
    if (name <= paging.after || !name.starts_with(prefix.value_or("")) || (state && *state != StateName(replay.state)))
      continue;
    if (source && NameOfArn(*source, "archive") != replay.order.archive) continue;
    if ((more = count++ == paging.limit)) break;
    writer.BeginObject();
    AppendReplay(writer, call, replay);
    writer.EndObject();
    last = name;
  }
  writer.EndArray();
  if (more) AppendNextToken(writer, last);
  writer.EndObject();
  return body;
}

}  // namespace millrace::api::events
