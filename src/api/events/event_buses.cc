// Event buses, and who may put events on them.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html
#include <array>

#include "api/events/operations.h"
#include "json/parse.h"

namespace millrace::api::events {
namespace {

constexpr std::size_t kBusesMax = 100;  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
constexpr std::size_t kStatementsMax = 100;
constexpr std::size_t kPolicyBytesMax = 10'240;

void CheckNewBusName(aws::Constraints& constraints, std::optional<std::string_view> name) {
  constraints.NotNull(name.has_value(), "name");
  constraints.Length(name, "name", 1, 256);
  constraints.Characters(name, "name", "/.-_", R"([/\.\-_A-Za-z0-9]+)");
}

std::string PolicyOf(const BusRecord& bus) {
  if (bus.statements.empty() || bus.statements == "[]") return {};
  return fmt::format(R"({{"Version":"2012-10-17","Statement":{}}})", bus.statements);
}

void AppendBus(json::Writer& writer, const Call& call, const BusRecord& bus) {
  writer.Key("Name");
  writer.String(bus.name);
  writer.Key("Arn");
  writer.String(BusArn(call.home(), bus.name));
  AppendText(writer, "Description", bus.description);
  AppendText(writer, "Policy", PolicyOf(bus));
  if (bus.created_ms != 0) AppendTime(writer, "CreationTime", bus.created_ms);
  if (bus.modified_ms != 0) AppendTime(writer, "LastModifiedTime", bus.modified_ms);
}

void AppendSettings(json::Writer& writer, const BusRecord& bus) {
  AppendText(writer, "KmsKeyIdentifier", bus.kms_key);
  for (const auto& [name, value] : {std::pair("DeadLetterConfig", &bus.dead_letter), {"LogConfig", &bus.log_config}}) {
    if (value->empty()) continue;
    writer.Key(name);
    writer.Raw(*value);
  }
}

// What CreateEventBus and UpdateEventBus share. What is not given is left as it is.
Status ReadSettings(const json::Value& request, BusRecord& bus) {
  aws::RequestReader reader(request);
  const auto description = reader.String("Description"), kms_key = reader.String("KmsKeyIdentifier");
  const json::Value* dead_letter = reader.Structure("DeadLetterConfig");
  const json::Value* log_config = reader.Structure("LogConfig");
  TRY(reader.status());
  aws::Constraints constraints;
  constraints.Length(description, "description", 0, 512);
  constraints.Length(kms_key, "kmsKeyIdentifier", 0, 2048);
  TRY(constraints.Check());
  if (description) bus.description = *description;
  if (kms_key) bus.kms_key = *kms_key;
  if (dead_letter != nullptr) bus.dead_letter = TextOf(dead_letter);
  if (log_config != nullptr) bus.log_config = TextOf(log_config);
  return Ok();
}

// Statements but the one of this id; whether there was one.
Result<std::string> WithoutStatement(const std::string& statements, std::string_view id, bool& found) {
  found = false;
  std::string kept;
  json::Writer writer(&kept);
  writer.BeginArray();
  json::Document document;
  TRY(document.Parse(statements.empty() ? "[]" : statements));
  for (const json::Value& statement : document.root().array()) {
    const json::Value* sid = statement.Find("Sid");
    if (sid != nullptr && sid->is_string() && sid->string() == id) {
      found = true;
    } else {
      writer.Value(statement);
    }
  }
  writer.EndArray();
  return kept;
}

Result<BusRecord> ChangeableBus(const Call& call, std::optional<std::string_view> name_or_arn) {
  ASSIGN_OR_RETURN(const std::string name, BusNameOf(name_or_arn));
  ASSIGN_OR_RETURN(const BusRecord* bus, call.registry.Bus(name));
  if (bus->declared) return Owned("bus/" + name);
  return *bus;
}

}  // namespace

Result<std::string> CreateEventBus(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto name = reader.String("Name"), source = reader.String("EventSourceName");
  TRY(reader.status());
  aws::Constraints constraints;
  CheckNewBusName(constraints, name);
  TRY(constraints.Check());
  if (source) return InvalidArgument("Event source {} does not exist.", *source);
  if (name->find('/') != std::string_view::npos)
    return InvalidArgument("Event bus name {} is not valid: only buses of partner event sources have a / in it.",
                           *name);
  ASSIGN_OR_RETURN(const auto tags, ReadTags(call.request));
  BusRecord bus{.name = std::string(*name), .created_ms = call.now_ms, .modified_ms = call.now_ms};
  TRY(ReadSettings(call.request, bus));
  if (tags) bus.tags = *tags;
  if (call.registry.buses.Find(*name) != nullptr)
    return Err(ErrorCode::kAlreadyExists, {}, "Event bus {} already exists.", *name);
  if (call.registry.buses.all().size() >= kBusesMax)
    return Err(ErrorCode::kResourceExhausted, {}, "The requested resource exceeds the maximum number allowed.");
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("EventBusArn");
  writer.String(BusArn(call.home(), bus.name));
  AppendText(writer, "Description", bus.description);
  AppendSettings(writer, bus);
  writer.EndObject();
  TRY(call.plant.PutBus(bus.name));
  TRY(call.registry.buses.Put(std::move(bus)));
  return body;
}

Result<std::string> UpdateEventBus(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto name = reader.String("Name");
  TRY(reader.status());
  ASSIGN_OR_RETURN(BusRecord bus, ChangeableBus(call, name));
  TRY(ReadSettings(call.request, bus));
  bus.modified_ms = call.now_ms;
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("Arn");
  writer.String(BusArn(call.home(), bus.name));
  writer.Key("Name");
  writer.String(bus.name);
  AppendText(writer, "Description", bus.description);
  AppendSettings(writer, bus);
  writer.EndObject();
  TRY(call.registry.buses.Put(std::move(bus)));
  return body;
}

Result<std::string> DescribeEventBus(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto name_or_arn = reader.String("Name");
  TRY(reader.status());
  aws::Constraints constraints;
  CheckBusName(constraints, name_or_arn, "name");
  TRY(constraints.Check());
  ASSIGN_OR_RETURN(const std::string name, BusNameOf(name_or_arn));
  ASSIGN_OR_RETURN(const BusRecord* bus, call.registry.Bus(name));
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  AppendBus(writer, call, *bus);
  AppendSettings(writer, *bus);
  writer.EndObject();
  return body;
}

// Of a bus that does not exist, this is a success.
Result<std::string> DeleteEventBus(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto name = reader.String("Name");
  TRY(reader.status());
  aws::Constraints constraints;
  CheckNewBusName(constraints, name);
  TRY(constraints.Check());
  if (*name == kDefaultBus) return InvalidArgument("Cannot delete event bus default.");
  const BusRecord* bus = call.registry.buses.Find(*name);
  if (bus == nullptr) return "{}";
  if (bus->declared) return Owned(fmt::format("bus/{}", *name));
  for (const auto& [key, rule] : call.registry.rules.all())
    if (rule.bus == *name && rule.declared) return Owned("rule/" + rule.name);
  TRY(call.plant.RemoveBus(std::string(*name)));
  std::vector<std::string> rules, archives;
  for (const auto& [key, rule] : call.registry.rules.all())
    if (rule.bus == *name) rules.push_back(key);
  for (const auto& [key, archive] : call.registry.archives.all())
    if (archive.bus == *name) archives.push_back(key);
  for (const std::string& key : rules) TRY(call.registry.rules.Erase(key));
  for (const std::string& key : archives) TRY(call.registry.archives.Erase(key));
  TRY(call.registry.buses.Erase(*name));
  return "{}";
}

Result<std::string> ListEventBuses(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto prefix = reader.String("NamePrefix");
  aws::Constraints constraints;
  constraints.Length(prefix, "namePrefix", 1, 256);
  ASSIGN_OR_RETURN(const Paging paging, ReadPaging(reader, constraints));
  TRY(reader.status());
  TRY(constraints.Check());
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("EventBuses");
  writer.BeginArray();
  std::size_t count = 0;
  std::string last;
  bool more = false;
  for (const auto& [name, bus] : call.registry.buses.all()) {
    if (name <= paging.after || !name.starts_with(prefix.value_or(""))) continue;
    if ((more = count++ == paging.limit)) break;
    writer.BeginObject();
    AppendBus(writer, call, bus);
    writer.EndObject();
    last = name;
  }
  writer.EndArray();
  if (more) AppendNextToken(writer, last);
  writer.EndObject();
  return body;
}

// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html
// The policy is kept and shown; nobody is refused because of it.
Result<std::string> PutPermission(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto name = reader.String("EventBusName"), action = reader.String("Action"),
             principal = reader.String("Principal"), id = reader.String("StatementId"),
             policy = reader.String("Policy");
  const json::Value* condition = reader.Structure("Condition");
  TRY(reader.status());
  aws::Constraints constraints;
  CheckBusName(constraints, name, "eventBusName");
  constraints.Length(action, "action", 1, 64);
  constraints.Length(principal, "principal", 1, 12);
  constraints.Length(id, "statementId", 1, 64);
  TRY(constraints.Check());
  ASSIGN_OR_RETURN(BusRecord bus, ChangeableBus(call, name));
  if (policy) {
    if (policy->size() > kPolicyBytesMax) return InvalidArgument("Policy is larger than {} bytes.", kPolicyBytesMax);
    json::Document document;
    const json::Value* statements =
        document.Parse(*policy).ok() && document.root().is_object() ? document.root().Find("Statement") : nullptr;
    if (statements == nullptr || (!statements->is_array() && !statements->is_object()))
      return InvalidArgument("Parameter Policy is not valid. Reason: it is not a policy document.");
    bus.statements = statements->is_array() ? TextOf(statements) : "[" + TextOf(statements) + "]";
  } else {
    if (!action || !principal || !id)
      return InvalidArgument("Parameter(s) Action, Principal and StatementId, or Policy, must be specified.");
    if (*action != "events:PutEvents") return InvalidArgument("Provided value in parameter 'action' is not supported.");
    bool replaced = false;
    ASSIGN_OR_RETURN(std::string statements, WithoutStatement(bus.statements, *id, replaced));
    statements.pop_back();
    json::Writer writer(&statements);
    if (statements.size() > 1) statements.push_back(',');
    writer.BeginObject();
    writer.Key("Sid");
    writer.String(*id);
    writer.Key("Effect");
    writer.String("Allow");
    writer.Key("Principal");
    if (*principal == "*") {
      writer.String("*");
    } else {
      writer.BeginObject();
      writer.Key("AWS");
      writer.String(fmt::format("arn:aws:iam::{}:root", *principal));
      writer.EndObject();
    }
    writer.Key("Action");
    writer.String(*action);
    writer.Key("Resource");
    writer.String(BusArn(call.home(), bus.name));
    if (condition != nullptr) {
      aws::RequestReader parts(*condition);
      const auto type = parts.String("Type"), key = parts.String("Key"), value = parts.String("Value");
      TRY(parts.status());
      if (!type || !key || !value) return InvalidArgument("Condition needs Type, Key and Value.");
      writer.Key("Condition");
      writer.BeginObject();
      writer.Key(*type);
      writer.BeginObject();
      writer.Key(*key);
      writer.String(*value);
      writer.EndObject();
      writer.EndObject();
    }
    writer.EndObject();
    statements.push_back(']');
    bus.statements = std::move(statements);
  }
  json::Document check;
  TRY(check.Parse(bus.statements));
  if (check.root().array().size() > kStatementsMax || bus.statements.size() > kPolicyBytesMax)
    return Err(ErrorCode::kResourceExhausted, {}, "The policy of event bus {} would be too large.", bus.name);
  TRY(call.registry.buses.Put(std::move(bus)));
  return "{}";
}

Result<std::string> RemovePermission(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto name = reader.String("EventBusName"), id = reader.String("StatementId");
  const auto all = reader.Boolean("RemoveAllPermissions");
  TRY(reader.status());
  aws::Constraints constraints;
  CheckBusName(constraints, name, "eventBusName");
  TRY(constraints.Check());
  ASSIGN_OR_RETURN(BusRecord bus, ChangeableBus(call, name));
  if (all.value_or(false)) {
    bus.statements.clear();
  } else {
    if (PolicyOf(bus).empty()) return Err(ErrorCode::kNotFound, {}, "EventBus does not have a policy.");
    bool found = false;
    ASSIGN_OR_RETURN(bus.statements, WithoutStatement(bus.statements, id.value_or(""), found));
    if (!found) return Err(ErrorCode::kNotFound, {}, "Statement with the provided id does not exist.");
  }
  TRY(call.registry.buses.Put(std::move(bus)));
  return "{}";
}

}  // namespace millrace::api::events
