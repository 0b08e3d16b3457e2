// The targets of rules.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html
#include <algorithm>
#include <set>

#include "api/events/operations.h"
#include "api/events/runnable.h"

namespace millrace::api::events {
namespace {

constexpr std::size_t kNameMax = 64;
constexpr std::size_t kTargetsMax = 5;  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
constexpr std::size_t kEntriesMax = 100;
constexpr std::size_t kTargetBytesMax = 64 * 1024;

struct FailedEntry {
  std::string id;
  std::string code;
  std::string message;
};

std::string RenderFailures(const std::vector<FailedEntry>& failures) {
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("FailedEntryCount");
  writer.Unsigned(failures.size());
  writer.Key("FailedEntries");
  writer.BeginArray();
  for (const FailedEntry& failure : failures) {
    writer.BeginObject();
    writer.Key("TargetId");
    writer.String(failure.id);
    writer.Key("ErrorCode");
    writer.String(failure.code);
    writer.Key("ErrorMessage");
    writer.String(failure.message);
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  return body;
}

Result<RuleRecord> ReadRule(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto name = reader.String("Rule"), bus_name = reader.String("EventBusName");
  TRY(reader.status());
  aws::Constraints constraints;
  CheckName(constraints, name, "rule", kNameMax);
  CheckBusName(constraints, bus_name, "eventBusName");
  TRY(constraints.Check());
  ASSIGN_OR_RETURN(const std::string bus, BusNameOf(bus_name));
  TRY(call.registry.Bus(bus));
  ASSIGN_OR_RETURN(const RuleRecord* rule, call.registry.Rule(bus, *name));
  return *rule;
}

Status CheckEntries(std::span<const json::Value> entries) {
  aws::Constraints constraints;
  if (entries.empty())
    constraints.Add(
        "Value '[]' at 'targets' failed to satisfy constraint: Member must have length greater than or equal to 1");
  std::size_t number = 0;
  std::set<std::string_view> ids;
  std::string_view repeated;
  for (const json::Value& each : entries) {
    aws::RequestReader target(each);
    const auto id = target.String("Id"), arn = target.String("Arn"), role = target.String("RoleArn");
    TRY(target.status());
    const std::string member = fmt::format("targets.{}.member.", ++number);
    CheckName(constraints, id, member + "id", kNameMax);
    constraints.NotNull(arn.has_value(), member + "arn");
    constraints.Length(arn, member + "arn", 1, 1600);
    constraints.Length(role, member + "roleArn", 1, 1600);
    if (id && !ids.insert(*id).second) repeated = *id;
  }
  TRY(constraints.Check());
  if (!repeated.empty()) return InvalidArgument("Duplicate target id {} in the request.", repeated);
  return Ok();
}

// The rest of a target that is not looked at here is kept and given back as it was.
TargetRecord RecordOf(const json::Value& json) {
  aws::RequestReader reader(json);
  return {std::string(reader.String("Id").value_or("")), std::string(reader.String("Arn").value_or("")), TextOf(&json)};
}

void Set(RuleRecord& rule, TargetRecord target) {
  const auto before = std::ranges::find(rule.targets, target.id, &TargetRecord::id);
  if (before == rule.targets.end())
    rule.targets.push_back(std::move(target));
  else
    *before = std::move(target);
}

}  // namespace

Result<std::string> PutTargets(const Call& call) {
  aws::RequestReader reader(call.request);
  const json::Value* list = reader.List("Targets");
  TRY(reader.status());
  if (list == nullptr)
    return InvalidArgument(
        "1 validation error detected: Value null at 'targets' failed to satisfy constraint: Member must not be null");
  if (list->array().size() > kEntriesMax) return InvalidArgument("More than {} targets in one request.", kEntriesMax);
  TRY(CheckEntries(list->array()));
  ASSIGN_OR_RETURN(RuleRecord rule, ReadRule(call));
  if (rule.declared) return Owned("rule/" + rule.name);
  std::vector<config::RuleTarget> targets;
  std::vector<FailedEntry> failures;
  for (const json::Value& each : list->array()) {
    TargetRecord record = RecordOf(each);
    if (record.json.size() > kTargetBytesMax)
      return InvalidArgument("Target {} is larger than {} bytes.", record.id, kTargetBytesMax);
    auto target = RunnableTarget(call.registry, each);
    if (target.ok()) {
      targets.push_back(*std::move(target));
      Set(rule, std::move(record));
    } else if (target.error().code() == ErrorCode::kInvalidArgument) {
      return target.error();
    } else {
      const bool unknown = target.error().code() == ErrorCode::kNotFound;
      failures.push_back(
          {record.id, unknown ? "ResourceNotFoundException" : "UnsupportedTarget", target.error().message()});
    }
  }
  if (rule.targets.size() > kTargetsMax)
    return Err(ErrorCode::kResourceExhausted, {}, "The requested resource exceeds the maximum number allowed.");
  // Each for itself: a table that does not exist is the fault of its own target only.
  for (const config::RuleTarget& target : targets) {
    const Status put = call.plant.PutTargets(rule.bus, rule.name, {target});
    if (put.ok()) continue;
    if (put.error().code() != ErrorCode::kNotFound && put.error().code() != ErrorCode::kFailedPrecondition)
      return put.error();
    failures.push_back({target.id, "ResourceNotFoundException", put.error().message()});
    // A target of that id that was there before goes on.
    const RuleRecord* before = call.registry.rules.Find(rule.Key());
    std::erase_if(rule.targets, [&](const TargetRecord& each) { return each.id == target.id; });
    const auto old = std::ranges::find(before->targets, target.id, &TargetRecord::id);
    if (old != before->targets.end()) rule.targets.push_back(*old);
  }
  TRY(call.registry.rules.Put(std::move(rule)));
  return RenderFailures(failures);
}

Result<std::string> RemoveTargets(const Call& call) {
  aws::RequestReader reader(call.request);
  const json::Value* list = reader.List("Ids");
  TRY(reader.status());
  aws::Constraints constraints;
  constraints.NotNull(list != nullptr, "ids");
  TRY(constraints.Check());
  ASSIGN_OR_RETURN(RuleRecord rule, ReadRule(call));
  if (rule.declared) return Owned("rule/" + rule.name);
  std::vector<std::string> ids;
  for (const json::Value& id : list->array()) {
    if (!id.is_string()) return aws::WrongJsonType(id, "String");
    if (ids.size() == kEntriesMax) return InvalidArgument("More than {} ids in one request.", kEntriesMax);
    ids.emplace_back(id.string());
  }
  TRY(call.plant.RemoveTargets(rule.bus, rule.name, ids));
  std::erase_if(rule.targets, [&](const TargetRecord& each) { return std::ranges::find(ids, each.id) != ids.end(); });
  TRY(call.registry.rules.Put(std::move(rule)));
  return RenderFailures({});
}

Result<std::string> ListTargetsByRule(const Call& call) {
  aws::RequestReader reader(call.request);
  aws::Constraints constraints;
  ASSIGN_OR_RETURN(const Paging paging, ReadPaging(reader, constraints));
  TRY(reader.status());
  TRY(constraints.Check());
  ASSIGN_OR_RETURN(RuleRecord rule, ReadRule(call));
  std::ranges::sort(rule.targets, {}, &TargetRecord::id);
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("Targets");
  writer.BeginArray();
  std::size_t count = 0;
  std::string last;
  bool more = false;
  for (const TargetRecord& target : rule.targets) {
    if (target.id <= paging.after) continue;
    if ((more = count++ == paging.limit)) break;
    writer.Raw(target.json);
    last = target.id;
  }
  writer.EndArray();
  if (more) AppendNextToken(writer, last);
  writer.EndObject();
  return body;
}

Result<std::string> ListRuleNamesByTarget(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto arn = reader.String("TargetArn"), bus_name = reader.String("EventBusName");
  aws::Constraints constraints;
  constraints.NotNull(arn.has_value(), "targetArn");
  constraints.Length(arn, "targetArn", 1, 1600);
  CheckBusName(constraints, bus_name, "eventBusName");
  ASSIGN_OR_RETURN(const Paging paging, ReadPaging(reader, constraints));
  TRY(reader.status());
  TRY(constraints.Check());
  ASSIGN_OR_RETURN(const std::string bus, BusNameOf(bus_name));
  TRY(call.registry.Bus(bus));
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("RuleNames");
  writer.BeginArray();
  std::size_t count = 0;
  std::string last;
  bool more = false;
  for (const auto& [key, rule] : call.registry.rules.all()) {
    if (rule.bus != bus || rule.name <= paging.after) continue;
    if (std::ranges::find(rule.targets, *arn, &TargetRecord::arn) == rule.targets.end()) continue;
    if ((more = count++ == paging.limit)) break;
    writer.String(rule.name);
    last = rule.name;
  }
  writer.EndArray();
  if (more) AppendNextToken(writer, last);
  writer.EndObject();
  return body;
}

}  // namespace millrace::api::events
