// Rules of event buses.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
#include <array>

#include "api/events/operations.h"
#include "api/events/runnable.h"
#include "pattern/service_limits.h"
#include "transform/schedule.h"

namespace millrace::api::events {
namespace {

constexpr std::size_t kNameMax = 64;
constexpr std::array<std::string_view, 3> kStates = {"ENABLED", "DISABLED",
                                                     "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"};

// The bus and the name of a rule, as nearly every operation is given them.
Result<RuleName> ReadRule(const Call& call, std::string_view member = "Name", std::string_view shown = "name") {
  aws::RequestReader reader(call.request);
  const auto name = reader.String(member), bus = reader.String("EventBusName");
  TRY(reader.status());
  aws::Constraints constraints;
  CheckName(constraints, name, shown, kNameMax);
  CheckBusName(constraints, bus, "eventBusName");
  TRY(constraints.Check());
  ASSIGN_OR_RETURN(std::string bus_name, BusNameOf(bus));
  TRY(call.registry.Bus(bus_name));
  return RuleName{std::move(bus_name), std::string(*name)};
}

Status CheckSchedule(const std::string& schedule, const std::string& bus) {
  if (bus != kDefaultBus) return InvalidArgument("ScheduleExpression is supported only on the default event bus.");
  if (!transform::Schedule::Parse(schedule).ok()) return InvalidArgument("Parameter ScheduleExpression is not valid.");
  return Ok();
}

// How many rules a bus would have with this one.
Status CheckLimits(const Call& call, const RuleRecord& rule, const pattern::Pattern* parsed) {
  const pattern::ServiceLimits& limits = call.registry.config.settings.limits;
  if (!rule.pattern.empty()) TRY(limits.CheckPattern(rule.pattern));
  pattern::ServiceLimits::BusUse use{.rules = 1, .wildcard_rules = parsed != nullptr && parsed->has_wildcards()};
  for (const auto& [key, other] : call.registry.rules.all()) {
    if (other.bus != rule.bus || other.name == rule.name) continue;
    ++use.rules;
    if (use.wildcard_rules == 0 || other.pattern.empty()) continue;
    const auto pattern = pattern::Pattern::Parse(other.pattern);
    if (pattern.ok() && pattern->has_wildcards()) ++use.wildcard_rules;
  }
  return limits.CheckBus(use);
}

void AppendRule(json::Writer& writer, const Call& call, const RuleRecord& rule) {
  writer.Key("Name");
  writer.String(rule.name);
  writer.Key("Arn");
  writer.String(RuleArn(call.home(), rule.bus, rule.name));
  AppendText(writer, "EventPattern", rule.pattern);
  AppendText(writer, "ScheduleExpression", rule.schedule);
  AppendText(writer, "State", rule.state);
  AppendText(writer, "Description", rule.description);
  AppendText(writer, "RoleArn", rule.role);
  writer.Key("EventBusName");
  writer.String(rule.bus);
}

Result<std::string> SetState(const Call& call, std::string_view state) {
  ASSIGN_OR_RETURN(const RuleName name, ReadRule(call));
  ASSIGN_OR_RETURN(const RuleRecord* found, call.registry.Rule(name.bus, name.rule));
  if (found->declared) return Owned("rule/" + name.rule);
  RuleRecord rule = *found;
  rule.state = state;
  TRY(call.plant.PutRule(RunnableRule(rule)));
  TRY(call.registry.rules.Put(std::move(rule)));
  return "{}";
}

}  // namespace

Result<std::string> PutRule(const Call& call) {
  ASSIGN_OR_RETURN(const RuleName name, ReadRule(call));
  aws::RequestReader reader(call.request);
  const auto pattern = reader.String("EventPattern"), schedule = reader.String("ScheduleExpression"),
             state = reader.String("State"), description = reader.String("Description"),
             role = reader.String("RoleArn");
  TRY(reader.status());
  aws::Constraints constraints;
  constraints.Length(description, "description", 0, 512);
  constraints.Length(schedule, "scheduleExpression", 0, 256);
  constraints.Length(role, "roleArn", 1, 1600);
  constraints.OneOf(state, "state", kStates);
  TRY(constraints.Check());
  ASSIGN_OR_RETURN(const auto tags, ReadTags(call.request));
  RuleRecord rule{.bus = name.bus,
                  .name = name.rule,
                  .pattern = std::string(pattern.value_or("")),
                  .schedule = std::string(schedule.value_or("")),
                  .state = std::string(state.value_or("ENABLED")),
                  .description = std::string(description.value_or("")),
                  .role = std::string(role.value_or(""))};
  if (rule.pattern.empty() && rule.schedule.empty())
    return InvalidArgument("Parameter(s) EventPattern or ScheduleExpression must be specified.");
  if (!rule.schedule.empty()) TRY(CheckSchedule(rule.schedule, rule.bus));
  std::optional<pattern::Pattern> parsed;
  if (!rule.pattern.empty()) {
    ASSIGN_OR_RETURN(parsed, ParsePattern(rule.pattern));
  }
  TRY(CheckLimits(call, rule, parsed ? &*parsed : nullptr));
  if (const RuleRecord* before = call.registry.rules.Find(rule.Key())) {
    if (before->declared) return Owned("rule/" + rule.name);
    rule.targets = before->targets;
    rule.tags = before->tags;  // of a rule that exists, the request's tags are not looked at
  } else if (tags) {
    rule.tags = *tags;
  }
  TRY(call.plant.PutRule(RunnableRule(rule)));
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("RuleArn");
  writer.String(RuleArn(call.home(), rule.bus, rule.name));
  writer.EndObject();
  TRY(call.registry.rules.Put(std::move(rule)));
  return body;
}

Result<std::string> DescribeRule(const Call& call) {
  ASSIGN_OR_RETURN(const RuleName name, ReadRule(call));
  ASSIGN_OR_RETURN(const RuleRecord* rule, call.registry.Rule(name.bus, name.rule));
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  AppendRule(writer, call, *rule);
  writer.Key("CreatedBy");
  writer.String(call.home().account);
  writer.EndObject();
  return body;
}

// Of a rule that does not exist, this is a success.
Result<std::string> DeleteRule(const Call& call) {
  ASSIGN_OR_RETURN(const RuleName name, ReadRule(call));
  const RuleRecord* rule = call.registry.rules.Find(RuleRecord::KeyOf(name.bus, name.rule));
  if (rule == nullptr) return "{}";
  if (rule->declared) return Owned("rule/" + name.rule);
  if (!rule->targets.empty()) return InvalidArgument("Rule can't be deleted since it has targets.");
  TRY(call.plant.RemoveRule(name.bus, name.rule));
  TRY(call.registry.rules.Erase(RuleRecord::KeyOf(name.bus, name.rule)));
  return "{}";
}

Result<std::string> EnableRule(const Call& call) {
  return SetState(call, "ENABLED");
}
Result<std::string> DisableRule(const Call& call) {
  return SetState(call, "DISABLED");
}

Result<std::string> ListRules(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto prefix = reader.String("NamePrefix"), bus_name = reader.String("EventBusName");
  aws::Constraints constraints;
  constraints.Length(prefix, "namePrefix", 1, kNameMax);
  CheckBusName(constraints, bus_name, "eventBusName");
  ASSIGN_OR_RETURN(const Paging paging, ReadPaging(reader, constraints));
  TRY(reader.status());
  TRY(constraints.Check());
  ASSIGN_OR_RETURN(const std::string bus, BusNameOf(bus_name));
  TRY(call.registry.Bus(bus));
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("Rules");
  writer.BeginArray();
  std::size_t count = 0;
  std::string last;
  bool more = false;
  for (const auto& [key, rule] : call.registry.rules.all()) {
    if (rule.bus != bus || rule.name <= paging.after || !rule.name.starts_with(prefix.value_or(""))) continue;
    if ((more = count++ == paging.limit)) break;
    writer.BeginObject();
    AppendRule(writer, call, rule);
    writer.EndObject();
    last = rule.name;
  }
  writer.EndArray();
  if (more) AppendNextToken(writer, last);
  writer.EndObject();
  return body;
}

}  // namespace millrace::api::events
