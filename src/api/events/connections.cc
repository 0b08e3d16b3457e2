// Connections: how API destinations authorize their requests.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateConnection.html
#include <array>

#include "api/events/destinations.h"
#include "api/events/operations.h"
#include "json/parse.h"

namespace millrace::api::events {
namespace {

constexpr std::size_t kNameMax = 64;
constexpr std::size_t kParametersBytesMax = 64 * 1024;
constexpr std::size_t kConnectionsMax = 3000;
constexpr std::array<std::string_view, 3> kTypes = {"BASIC", "OAUTH_CLIENT_CREDENTIALS", "API_KEY"};
constexpr std::array<std::string_view, 3> kMethods = {"GET", "POST", "PUT"};

Result<std::string> ReadName(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto name = reader.String("Name");
  TRY(reader.status());
  aws::Constraints constraints;
  CheckName(constraints, name, "name", kNameMax);
  TRY(constraints.Check());
  return std::string(*name);
}

Result<const ConnectionRecord*> Find(const Call& call, std::string_view name) {
  const ConnectionRecord* connection = call.registry.connections.Find(name);
  if (connection == nullptr) return Err(ErrorCode::kNotFound, {}, "Connection '{}' does not exist.", name);
  return connection;
}

// The part of AuthParameters that its type needs, and each text in it.
Status CheckPart(aws::RequestReader& parameters, std::string_view part, std::string_view shown,
                 std::initializer_list<std::string_view> members) {
  const json::Value* found = parameters.Structure(part);
  TRY(parameters.status());
  if (found == nullptr)
    return InvalidArgument("Parameter AuthParameters is not valid. Reason: {} must be specified.", shown);
  aws::RequestReader reader(*found);
  aws::Constraints constraints;
  for (const std::string_view member : members) {
    const auto value = reader.String(member);
    TRY(reader.status());
    // A secret is not echoed.
    if (!value || value->empty() || value->size() > 512)
      constraints.Add(
          fmt::format("Value at 'authParameters.{}.{}' failed to satisfy constraint: Member must have "
                      "length between 1 and 512",
                      shown, member));
  }
  return constraints.Check();
}

Status CheckParameters(const ConnectionRecord& connection) {
  json::Document document;
  TRY(document.Parse(connection.parameters));
  aws::RequestReader parameters(document.root());
  if (connection.type == "BASIC")
    return CheckPart(parameters, "BasicAuthParameters", "basicAuthParameters", {"Username", "Password"});
  if (connection.type == "API_KEY")
    return CheckPart(parameters, "ApiKeyAuthParameters", "apiKeyAuthParameters", {"ApiKeyName", "ApiKeyValue"});
  const json::Value* part = parameters.Structure("OAuthParameters");
  TRY(parameters.status());
  if (part == nullptr)
    return InvalidArgument("Parameter AuthParameters is not valid. Reason: oAuthParameters must be specified.");
  aws::RequestReader oauth(*part);
  const auto endpoint = oauth.String("AuthorizationEndpoint"), method = oauth.String("HttpMethod");
  TRY(oauth.status());
  aws::Constraints constraints;
  constraints.NotNull(endpoint.has_value(), "authParameters.oAuthParameters.authorizationEndpoint");
  constraints.Length(endpoint, "authParameters.oAuthParameters.authorizationEndpoint", 1, 2048);
  constraints.NotNull(method.has_value(), "authParameters.oAuthParameters.httpMethod");
  constraints.OneOf(method, "authParameters.oAuthParameters.httpMethod", kMethods);
  TRY(constraints.Check());
  return CheckPart(oauth, "ClientParameters", "oAuthParameters.clientParameters", {"ClientID", "ClientSecret"});
}

// What is given; the rest is left as it is.
Status ReadSettings(const Call& call, ConnectionRecord& connection) {
  aws::RequestReader reader(call.request);
  const auto description = reader.String("Description"), type = reader.String("AuthorizationType");
  const json::Value* parameters = reader.Structure("AuthParameters");
  TRY(reader.status());
  aws::Constraints constraints;
  constraints.Length(description, "description", 0, 512);
  constraints.OneOf(type, "authorizationType", kTypes);
  if (connection.type.empty()) {
    constraints.NotNull(type.has_value(), "authorizationType");
    constraints.NotNull(parameters != nullptr, "authParameters");
  }
  TRY(constraints.Check());
  if (description) connection.description = *description;
  if (type) connection.type = *type;
  if (parameters != nullptr) connection.parameters = TextOf(parameters);
  if (connection.parameters.size() > kParametersBytesMax)
    return InvalidArgument("AuthParameters are larger than {} bytes.", kParametersBytesMax);
  return CheckParameters(connection);
}

// AuthParameters as they may be shown: without secrets.
void AppendShown(json::Writer& writer, const json::Value& value) {
  if (value.is_array()) {
    writer.BeginArray();
    for (const json::Value& each : value.array()) AppendShown(writer, each);
    writer.EndArray();
    return;
  }
  if (!value.is_object()) return writer.Value(value);
  const json::Value* secret = value.Find("IsValueSecret");
  const bool hidden = secret != nullptr && secret->is_bool() && secret->boolean();
  writer.BeginObject();
  for (const json::Member& member : value.object()) {
    if (member.name == "Password" || member.name == "ApiKeyValue" || member.name == "ClientSecret") continue;
    if (member.name == "Value" && hidden) continue;
    writer.Key(member.name);
    AppendShown(writer, member.value);
  }
  writer.EndObject();
}

void AppendState(json::Writer& writer, const Call& call, const ConnectionRecord& connection) {
  writer.Key("ConnectionArn");
  writer.String(ConnectionArn(call, connection));
  writer.Key("ConnectionState");
  writer.String(connection.state);
  AppendTime(writer, "CreationTime", connection.created_ms);
  AppendTime(writer, "LastModifiedTime", connection.modified_ms);
  if (connection.state == "AUTHORIZED") AppendTime(writer, "LastAuthorizedTime", connection.modified_ms);
}

std::string RenderState(const Call& call, const ConnectionRecord& connection) {
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  AppendState(writer, call, connection);
  writer.EndObject();
  return body;
}

}  // namespace

std::string ConnectionArn(const Call& call, const ConnectionRecord& connection) {
  return ArnOf(call.home(), fmt::format("connection/{}/{}", connection.name, connection.id));
}

Result<std::string> CreateConnection(const Call& call) {
  ASSIGN_OR_RETURN(const std::string name, ReadName(call));
  ConnectionRecord connection{.name = name,
                              .id = call.random.Uuid(),
                              .type = {},
                              .parameters = {},
                              .created_ms = call.now_ms,
                              .modified_ms = call.now_ms};
  TRY(ReadSettings(call, connection));
  if (call.registry.connections.Find(name) != nullptr)
    return Err(ErrorCode::kAlreadyExists, {}, "Connection {} already exists.", name);
  if (call.registry.connections.all().size() >= kConnectionsMax)
    return Err(ErrorCode::kResourceExhausted, {}, "The requested resource exceeds the maximum number allowed.");
  std::string body = RenderState(call, connection);
  TRY(call.registry.connections.Put(std::move(connection)));
  return body;
}

Result<std::string> UpdateConnection(const Call& call) {
  ASSIGN_OR_RETURN(const std::string name, ReadName(call));
  ASSIGN_OR_RETURN(const ConnectionRecord* found, Find(call, name));
  ConnectionRecord connection = *found;
  TRY(ReadSettings(call, connection));
  connection.state = "AUTHORIZED";
  connection.modified_ms = call.now_ms;
  std::string body = RenderState(call, connection);
  TRY(RunDestinationsOf(call, connection));
  TRY(call.registry.connections.Put(std::move(connection)));
  return body;
}

Result<std::string> DescribeConnection(const Call& call) {
  ASSIGN_OR_RETURN(const std::string name, ReadName(call));
  ASSIGN_OR_RETURN(const ConnectionRecord* connection, Find(call, name));
  json::Document parameters;
  TRY(parameters.Parse(connection->parameters));
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("Name");
  writer.String(name);
  AppendText(writer, "Description", connection->description);
  writer.Key("AuthorizationType");
  writer.String(connection->type);
  writer.Key("AuthParameters");
  AppendShown(writer, parameters.root());
  writer.Key("SecretArn");
  writer.String(fmt::format("arn:aws:secretsmanager:{}:{}:secret:events!connection/{}/{}", call.home().region,
                            call.home().account, name, connection->id));
  AppendState(writer, call, *connection);
  writer.EndObject();
  return body;
}

// Its destinations stay, and keep their events, until it is authorized again by UpdateConnection.
Result<std::string> DeauthorizeConnection(const Call& call) {
  ASSIGN_OR_RETURN(const std::string name, ReadName(call));
  ASSIGN_OR_RETURN(const ConnectionRecord* found, Find(call, name));
  ConnectionRecord connection = *found;
  connection.parameters = "{}";
  connection.state = "DEAUTHORIZED";
  connection.modified_ms = call.now_ms;
  TRY(RunDestinationsOf(call, connection));
  ConnectionRecord shown = connection;
  shown.state = "DEAUTHORIZING";
  std::string body = RenderState(call, shown);
  TRY(call.registry.connections.Put(std::move(connection)));
  return body;
}

Result<std::string> DeleteConnection(const Call& call) {
  ASSIGN_OR_RETURN(const std::string name, ReadName(call));
  ASSIGN_OR_RETURN(const ConnectionRecord* connection, Find(call, name));
  for (const auto& [key, destination] : call.registry.destinations.all())
    if (destination.connection == name)
      return InvalidArgument("Connection '{}' is used by the api destination '{}'.", name, key);
  ConnectionRecord gone = *connection;
  gone.state = "DELETING";
  TRY(call.registry.connections.Erase(name));
  return RenderState(call, gone);
}

Result<std::string> ListConnections(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto prefix = reader.String("NamePrefix"), state = reader.String("ConnectionState");
  aws::Constraints constraints;
  constraints.Length(prefix, "namePrefix", 1, kNameMax);
  ASSIGN_OR_RETURN(const Paging paging, ReadPaging(reader, constraints));
  TRY(reader.status());
  TRY(constraints.Check());
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("Connections");
  writer.BeginArray();
  std::size_t count = 0;
  std::string last;
  bool more = false;
  for (const auto& [name, connection] : call.registry.connections.all()) {
    if (name <= paging.after || !name.starts_with(prefix.value_or("")) || (state && connection.state != *state))
      continue;
    if ((more = count++ == paging.limit)) break;
    writer.BeginObject();
    writer.Key("Name");
    writer.String(name);
    writer.Key("AuthorizationType");
    writer.String(connection.type);
    AppendState(writer, call, connection);
    writer.EndObject();
    last = name;
  }
  writer.EndArray();
  if (more) AppendNextToken(writer, last);
  writer.EndObject();
  return body;
}

}  // namespace millrace::api::events
