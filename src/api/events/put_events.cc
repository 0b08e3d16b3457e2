#include "api/events/put_events.h"

#include "api/events/names.h"
#include "aws/request_reader.h"
#include "base/log.h"
#include "json/parse.h"
#include "json/write.h"
#include "transform/envelope.h"

namespace millrace::api::events {
namespace {

constexpr std::size_t kEntriesMax = 10;
constexpr std::size_t kTimeBytes = 14;

struct Entry {
  std::optional<std::string_view> source, detail_type, detail, bus, trace_header;
  std::optional<std::int64_t> time_ms;
  std::vector<std::string> resources;

  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
  std::size_t bytes() const {
    std::size_t total = time_ms ? kTimeBytes : 0;
    for (const auto& text : {source, detail_type, detail}) total += text ? text->size() : 0;
    for (const std::string& resource : resources) total += resource.size();
    return total;
  }
};

// What became of one entry.
struct Outcome {
  std::string id;
  std::string_view code = {};
  std::string message = {};
};

Result<Entry> ReadEntry(const json::Value& json) {
  aws::RequestReader reader(json);
  Entry entry{.source = reader.String("Source"),
              .detail_type = reader.String("DetailType"),
              .detail = reader.String("Detail"),
              .bus = reader.String("EventBusName"),
              .trace_header = reader.String("TraceHeader"),
              .time_ms = reader.EpochMillis("Time"),
              .resources = {}};
  const json::Value* resources = reader.List("Resources");
  TRY(reader.status());
  if (resources == nullptr) return entry;
  for (const json::Value& each : resources->array()) {
    if (!each.is_string()) return aws::WrongJsonType(each, "String");
    entry.resources.emplace_back(each.string());
  }
  return entry;
}

// The entry as AWS's own framework prints it.
std::string Printed(const Entry& entry) {
  const auto text = [](const std::optional<std::string_view>& value) { return value.value_or("null"); };
  return fmt::format(
      "PutEventsRequestEntry(time={}, source={}, resources={}, detailType={}, detail={}, eventBusName={}, "
      "traceHeader={}, kmsKeyIdentifier=null, internalMetadata=null)",
      entry.time_ms ? transform::FormatTime(*entry.time_ms) : "null", text(entry.source),
      entry.resources.empty() ? "null" : fmt::format("[{}]", fmt::join(entry.resources, ", ")), text(entry.detail_type),
      text(entry.detail), text(entry.bus), text(entry.trace_header));
}

Result<std::vector<Entry>> ReadEntries(const json::Value& request) {
  aws::RequestReader reader(request);
  const json::Value* list = reader.List("Entries");
  TRY(reader.status());
  aws::Constraints constraints;
  constraints.NotNull(list != nullptr, "entries");
  TRY(constraints.Check());
  std::vector<Entry> entries;
  std::size_t bytes = 0;
  for (const json::Value& each : list->array()) {
    ASSIGN_OR_RETURN(Entry entry, ReadEntry(each));
    bytes += entry.bytes();
    entries.push_back(std::move(entry));
  }
  if (entries.empty())
    return InvalidArgument(
        "1 validation error detected: Value '[]' at 'entries' failed to satisfy constraint: Member must have length "
        "greater than or equal to 1");
  if (entries.size() > kEntriesMax) {
    std::string printed;
    for (const Entry& entry : entries) printed += (printed.empty() ? "" : ", ") + Printed(entry);
    return InvalidArgument(
        "1 validation error detected: Value '[{}]' at 'entries' failed to satisfy constraint: Member must have length "
        "less than or equal to {}",
        printed, kEntriesMax);
  }
  if (bytes > kPutEventsBytesMax) return InvalidArgument("Total size of the entries in the request is over the limit.");
  return entries;
}

Outcome Missing(std::string_view member) {
  return {
      {}, "InvalidArgument", fmt::format("Parameter {0} is not valid. Reason: {0} is a required argument.", member)};
}

// The event of an entry, or why there is none.
Outcome MakeEvent(const PutEventsCall& call, const Entry& entry, NewEvent& event) {
  if (!entry.source || entry.source->empty()) return Missing("Source");
  if (!entry.detail_type || entry.detail_type->empty()) return Missing("DetailType");
  if (!entry.detail || entry.detail->empty()) return Missing("Detail");
  if (entry.source->starts_with("aws."))
    return {{}, "NotAuthorizedForSourceException", "Not authorized for the source."};
  json::Document detail;
  if (!detail.Parse(*entry.detail, {.duplicate_names = json::DuplicateNames::kKeepAll}).ok() ||
      !detail.root().is_object())
    return {{}, "MalformedDetail", "Detail is malformed."};
  auto bus = BusNameOf(entry.bus);
  if (!bus.ok()) return {{}, "InvalidArgument", bus.error().message()};
  event.bus = *std::move(bus);
  event.id = call.random.Uuid();
  std::string compact;
  json::AppendValue(compact, detail.root());
  transform::AppendEnvelope(event.envelope, {.id = event.id,
                                             .detail_type = *entry.detail_type,
                                             .source = *entry.source,
                                             .account = call.home.account,
                                             .time_ms = entry.time_ms.value_or(call.now_ms),
                                             .region = call.home.region,
                                             .resources = entry.resources,
                                             .detail = compact});
  return {event.id};
}

std::string Render(const std::vector<Outcome>& outcomes) {
  std::size_t failed = 0;
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("Entries");
  writer.BeginArray();
  for (const Outcome& outcome : outcomes) {
    writer.BeginObject();
    if (outcome.code.empty()) {
      writer.Key("EventId");
      writer.String(outcome.id);
    } else {
      ++failed;
      writer.Key("ErrorCode");
      writer.String(outcome.code);
      writer.Key("ErrorMessage");
      writer.String(outcome.message);
    }
    writer.EndObject();
  }
  writer.EndArray();
  writer.Key("FailedEntryCount");
  writer.Unsigned(failed);
  writer.EndObject();
  return body;
}

// What an event becomes that could not be appended.
Outcome Refused(const Error& error) {
  if (error.code() == ErrorCode::kInvalidArgument) return {{}, "MalformedDetail", "Detail is malformed."};
  if (error.code() == ErrorCode::kResourceExhausted)
    return {{}, "ThrottlingException", "Too many requests are waiting. Try again."};
  log::Failure("events: an event could not be put on its bus: {}", error.ToString());
  return {{}, "InternalFailure", "The event could not be stored."};
}

}  // namespace

void PutEvents(const PutEventsCall& call, const json::Value& request, std::function<void(Result<std::string>)> done) {
  const auto entries = ReadEntries(request);
  if (!entries.ok()) return done(entries.error());
  std::vector<Outcome> outcomes;
  std::vector<NewEvent> events;
  std::vector<std::size_t> places;  // of each event: its entry
  for (const Entry& entry : *entries) {
    NewEvent event;
    outcomes.push_back(MakeEvent(call, entry, event));
    if (!outcomes.back().code.empty()) continue;
    if (const Status known = call.plant.CheckBus(event.bus); !known.ok()) {
      log::Warn("events: PutEvents: an event with source \"{}\" went nowhere: {}", *entry.source,
                known.error().message());
      continue;
    }
    events.push_back(std::move(event));
    places.push_back(outcomes.size() - 1);
  }
  if (events.empty()) return done(Render(outcomes));
  call.plant.Append(std::move(events), [outcomes = std::move(outcomes), places = std::move(places),
                                        done = std::move(done)](const std::vector<Status>& statuses) mutable {
    for (std::size_t i = 0; i < places.size(); ++i)
      if (!statuses[i].ok() && statuses[i].error().code() != ErrorCode::kNotFound)
        outcomes[places[i]] = Refused(statuses[i].error());
    done(Render(outcomes));
  });
}

}  // namespace millrace::api::events
