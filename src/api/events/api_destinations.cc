// API destinations: HTTP endpoints that rules can lead to.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateApiDestination.html
#include <algorithm>
#include <array>

#include "api/events/destinations.h"
#include "api/events/operations.h"
#include "api/events/runnable.h"

namespace millrace::api::events {
namespace {

constexpr std::size_t kNameMax = 64;
constexpr std::size_t kDestinationsMax = 3000;
constexpr std::int64_t kRateMax = 10'000;
constexpr std::array<std::string_view, 7> kMethods = {"POST", "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"};

Result<std::string> ReadName(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto name = reader.String("Name");
  TRY(reader.status());
  aws::Constraints constraints;
  CheckName(constraints, name, "name", kNameMax);
  TRY(constraints.Check());
  return std::string(*name);
}

Result<const DestinationRecord*> Find(const Call& call, std::string_view name) {
  const DestinationRecord* destination = call.registry.destinations.Find(name);
  if (destination == nullptr) return Err(ErrorCode::kNotFound, {}, "ApiDestination '{}' does not exist.", name);
  return destination;
}

// What is given; the rest is left as it is.
Status ReadSettings(const Call& call, DestinationRecord& destination) {
  aws::RequestReader reader(call.request);
  const auto description = reader.String("Description"), connection = reader.String("ConnectionArn"),
             endpoint = reader.String("InvocationEndpoint"), method = reader.String("HttpMethod");
  const auto rate = reader.Integer("InvocationRateLimitPerSecond");
  TRY(reader.status());
  aws::Constraints constraints;
  constraints.Length(description, "description", 0, 512);
  constraints.Length(endpoint, "invocationEndpoint", 1, 2048);
  constraints.OneOf(method, "httpMethod", kMethods);
  constraints.Between(rate, "invocationRateLimitPerSecond", 1, kRateMax);
  if (destination.endpoint.empty()) {
    constraints.NotNull(connection.has_value(), "connectionArn");
    constraints.NotNull(endpoint.has_value(), "invocationEndpoint");
    constraints.NotNull(method.has_value(), "httpMethod");
  }
  TRY(constraints.Check());
  if (description) destination.description = *description;
  if (endpoint) destination.endpoint = *endpoint;
  if (method) destination.method = *method;
  if (rate) destination.rate = *rate;
  if (!connection) return Ok();
  const auto name = NameOfArn(*connection, "connection");
  if (!name)
    return InvalidArgument("Parameter ConnectionArn is not valid. Reason: Provided Arn is not in correct format.");
  destination.connection = *name;
  return Ok();
}

Result<const ConnectionRecord*> ConnectionOf(const Call& call, const DestinationRecord& destination) {
  const ConnectionRecord* connection = call.registry.connections.Find(destination.connection);
  if (connection == nullptr)
    return Err(ErrorCode::kNotFound, {}, "Connection '{}' does not exist.", destination.connection);
  return connection;
}

std::string DestinationArn(const Call& call, const DestinationRecord& destination) {
  return ArnOf(call.home(), fmt::format("api-destination/{}/{}", destination.name, destination.id));
}

void AppendState(json::Writer& writer, const Call& call, const DestinationRecord& destination) {
  writer.Key("ApiDestinationArn");
  writer.String(DestinationArn(call, destination));
  writer.Key("ApiDestinationState");
  const auto* connection = call.registry.connections.Find(destination.connection);
  writer.String(connection != nullptr && connection->state == "AUTHORIZED" ? "ACTIVE" : "INACTIVE");
  AppendTime(writer, "CreationTime", destination.created_ms);
  AppendTime(writer, "LastModifiedTime", destination.modified_ms);
}

void AppendDestination(json::Writer& writer, const Call& call, const DestinationRecord& destination) {
  writer.Key("Name");
  writer.String(destination.name);
  AppendState(writer, call, destination);
  if (const auto* connection = call.registry.connections.Find(destination.connection)) {
    writer.Key("ConnectionArn");
    writer.String(ConnectionArn(call, *connection));
  }
  writer.Key("InvocationEndpoint");
  writer.String(destination.endpoint);
  writer.Key("HttpMethod");
  writer.String(destination.method);
  writer.Key("InvocationRateLimitPerSecond");
  writer.Integer(destination.rate);
}

std::string RenderState(const Call& call, const DestinationRecord& destination) {
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  AppendState(writer, call, destination);
  writer.EndObject();
  return body;
}

bool LeadsTo(const TargetRecord& target, std::string_view destination) {
  return NameOfArn(target.arn, "api-destination") == destination;
}

}  // namespace

Status RunDestination(const Call& call, const DestinationRecord& destination, const ConnectionRecord& connection) {
  ASSIGN_OR_RETURN(const HttpDestination runnable, RunnableDestination(destination, connection));
  TRY(call.plant.PutDestination(runnable));
  for (const auto& [key, rule] : call.registry.rules.all()) {
    if (rule.declared) continue;
    for (const TargetRecord& target : rule.targets) {
      if (!LeadsTo(target, destination.name)) continue;
      ASSIGN_OR_RETURN(config::RuleTarget again, RunnableTarget(call.registry, target));
      TRY(call.plant.PutTargets(rule.bus, rule.name, {std::move(again)}));
    }
  }
  return Ok();
}

Status RunDestinationsOf(const Call& call, const ConnectionRecord& connection) {
  for (const auto& [name, destination] : call.registry.destinations.all())
    if (destination.connection == connection.name) TRY(RunDestination(call, destination, connection));
  return Ok();
}

Result<std::string> CreateApiDestination(const Call& call) {
  ASSIGN_OR_RETURN(const std::string name, ReadName(call));
  DestinationRecord destination{.name = name,
                                .id = call.random.Uuid(),
                                .connection = {},
                                .endpoint = {},
                                .method = {},
                                .created_ms = call.now_ms,
                                .modified_ms = call.now_ms};
  TRY(ReadSettings(call, destination));
  if (call.registry.destinations.Find(name) != nullptr || call.registry.config.FindTarget(name) != nullptr)
    return Err(ErrorCode::kAlreadyExists, {}, "An api-destination '{}' already exists.", name);
  if (call.registry.destinations.all().size() >= kDestinationsMax)
    return Err(ErrorCode::kResourceExhausted, {}, "The requested resource exceeds the maximum number allowed.");
  ASSIGN_OR_RETURN(const ConnectionRecord* connection, ConnectionOf(call, destination));
  TRY(RunDestination(call, destination, *connection));
  std::string body = RenderState(call, destination);
  TRY(call.registry.destinations.Put(std::move(destination)));
  return body;
}

Result<std::string> UpdateApiDestination(const Call& call) {
  ASSIGN_OR_RETURN(const std::string name, ReadName(call));
  ASSIGN_OR_RETURN(const DestinationRecord* found, Find(call, name));
  DestinationRecord destination = *found;
  TRY(ReadSettings(call, destination));
  destination.modified_ms = call.now_ms;
  ASSIGN_OR_RETURN(const ConnectionRecord* connection, ConnectionOf(call, destination));
  TRY(RunDestination(call, destination, *connection));
  std::string body = RenderState(call, destination);
  TRY(call.registry.destinations.Put(std::move(destination)));
  return body;
}

Result<std::string> DescribeApiDestination(const Call& call) {
  ASSIGN_OR_RETURN(const std::string name, ReadName(call));
  ASSIGN_OR_RETURN(const DestinationRecord* destination, Find(call, name));
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  AppendDestination(writer, call, *destination);
  AppendText(writer, "Description", destination->description);
  writer.EndObject();
  return body;
}

// One that is the target of a rule is refused: its events would have nowhere to go.
Result<std::string> DeleteApiDestination(const Call& call) {
  ASSIGN_OR_RETURN(const std::string name, ReadName(call));
  TRY(Find(call, name));
  for (const auto& [key, rule] : call.registry.rules.all())
    if (std::ranges::any_of(rule.targets, [&](const TargetRecord& target) { return LeadsTo(target, name); }))
      return InvalidArgument("The api destination '{}' is a target of the rule {}.", name, rule.name);
  call.plant.RemoveDestination(name);
  TRY(call.registry.destinations.Erase(name));
  return "{}";
}

Result<std::string> ListApiDestinations(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto prefix = reader.String("NamePrefix"), connection = reader.String("ConnectionArn");
  aws::Constraints constraints;
  constraints.Length(prefix, "namePrefix", 1, kNameMax);
  ASSIGN_OR_RETURN(const Paging paging, ReadPaging(reader, constraints));
  TRY(reader.status());
  TRY(constraints.Check());
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("ApiDestinations");
  writer.BeginArray();
  std::size_t count = 0;
  std::string last;
  bool more = false;
  for (const auto& [name, destination] : call.registry.destinations.all()) {
    if (name <= paging.after || !name.starts_with(prefix.value_or(""))) continue;
    if (connection && NameOfArn(*connection, "connection") != destination.connection) continue;
    if ((more = count++ == paging.limit)) break;
    writer.BeginObject();
    AppendDestination(writer, call, destination);
    writer.EndObject();
    last = name;
  }
  writer.EndArray();
  if (more) AppendNextToken(writer, last);
  writer.EndObject();
  return body;
}

}  // namespace millrace::api::events
