#include "app/rules.h"

#include <algorithm>

#include "app/rule_ids.h"
#include "app/shaping.h"
#include "transform/schedule.h"

namespace millrace::app {

std::string Rules::KeyOf(const config::RuleTarget& target) {
  if (!target.id.empty()) return target.id;
  return target.ref.kind == config::RefKind::kTarget ? target.ref.name : target.ref.ToString();
}

flow::SubscriptionId Rules::IdentityOf(const LiveBus& bus, const std::string& rule, const std::string& key) const {
  return {site_.scope.account, site_.scope.region, fmt::format("rule/{}/{}", rule, key), bus.log->arn};
}

Result<std::unique_ptr<ScheduledRule>> Rules::ScheduleOf(const config::Rule& rule, const LiveBus& bus,
                                                         std::uint32_t id) const {
  if (!rule.schedule || !rule.enabled) return nullptr;
  ASSIGN_OR_RETURN(const auto schedule, transform::Schedule::Parse(*rule.schedule));
  return std::make_unique<ScheduledRule>(
      ScheduledRuleOptions{.name = rule.name,
                           .arn = RuleArn(site_.place, bus.log->name, rule.name),
                           .rule_id = id,
                           .bus = bus.log->id,
                           .account = site_.place.account,
                           .region = site_.place.region},
      [schedule](std::int64_t after) { return schedule.Next(after); }, site_.engine, site_.executor, site_.random);
}

Status Rules::Put(const config::Rule& rule) {
  ASSIGN_OR_RETURN(const auto bus, buses_.Find(rule.from.name));
  std::optional<pattern::Pattern> pattern;
  if (rule.match) {
    ASSIGN_OR_RETURN(pattern, pattern::Pattern::Parse(rule.match->json));
  }
  ASSIGN_OR_RETURN(const std::uint32_t id, RuleIdOf(site_.engine, bus->log->arn, rule.name));
  ASSIGN_OR_RETURN(auto schedule, ScheduleOf(rule, *bus, id));
  Live& live = rules_[{rule.from.name, rule.name}];
  const bool same_schedule = live.schedule != nullptr && schedule != nullptr && live.rule.schedule == rule.schedule;
  live.id = id;
  live.rule = rule;
  live.rule.to.clear();
  if (pattern && rule.enabled) {
    bus->rules.Put(id, *pattern);
  } else {
    bus->rules.Remove(id);
  }
  if (same_schedule) return Ok();  // a rate goes on counting
  if (live.schedule != nullptr) live.schedule->Stop();
  live.schedule = std::move(schedule);
  if (live.schedule != nullptr) live.schedule->Start();
  return Ok();
}

Status Rules::PutTargets(const std::string& bus_name, const std::string& rule,
                         const std::vector<config::RuleTarget>& targets) {
  ASSIGN_OR_RETURN(const auto bus, buses_.Find(bus_name));
  const auto live = rules_.find({bus_name, rule});
  if (live == rules_.end()) return Err(ErrorCode::kNotFound, {}, "bus/{} has no rule {}", bus_name, rule);
  for (const config::RuleTarget& target : targets) {
    TRY(StartTarget(live->second, bus, target));
    live->second.targets.insert_or_assign(KeyOf(target), target);
  }
  return Ok();
}

Status Rules::StartTarget(const Live& live, const std::shared_ptr<LiveBus>& bus, const config::RuleTarget& target) {
  Runner::Order order;
  order.options.id = IdentityOf(*bus, live.rule.name, KeyOf(target));
  order.options.interest = {.everything = false, .rules = {live.id}};
  ShapeRule(live.rule, target, site_.place, bus->log->name, order.options);
  ASSIGN_OR_RETURN(order.target, destinations_.Find(target.ref, {.item = live.rule.item,
                                                                 .inbox = live.rule.inbox,
                                                                 .consumer = order.options.id.name}));
  if (target.on_failure) {
    FailureOrigin origin{.kind = FailureOrigin::Kind::kRule,
                         .arn = RuleArn(site_.place, bus->log->name, live.rule.name),
                         .source_arn = bus->log->arn,
                         .target_arn = target.ref.ToString()};
    ASSIGN_OR_RETURN(order.options.on_failure, destinations_.FindFailures(*target.on_failure, std::move(origin)));
    order.options.after_failure = flow::AfterFailure::kContinue;
  }
  order.feed = FeedOf(bus);
  order.delivered = [&line = site_.watcher.line, rule_name = live.rule.name,
                     to = target.ref.ToString()](const flow::Record& record) {
    line(fmt::format("rule/{:<18} matched    -> {}  ok  event {}", rule_name, to, record.id));
  };
  return runner_.Start(std::move(order));
}

Status Rules::RemoveTargets(const std::string& bus_name, const std::string& rule,
                            const std::vector<std::string>& keys) {
  ASSIGN_OR_RETURN(const auto bus, buses_.Find(bus_name));
  const auto live = rules_.find({bus_name, rule});
  if (live == rules_.end()) return Ok();
  for (const std::string& key : keys) {
    if (!live->second.targets.contains(key)) continue;
    TRY(runner_.Forget(IdentityOf(*bus, rule, key)));
    live->second.targets.erase(key);
  }
  return Ok();
}

Status Rules::Remove(const std::string& bus_name, const std::string& rule) {
  const auto live = rules_.find({bus_name, rule});
  if (live == rules_.end()) return Ok();
  ASSIGN_OR_RETURN(const auto bus, buses_.Find(bus_name));
  bus->rules.Remove(live->second.id);
  if (live->second.schedule != nullptr) live->second.schedule->Stop();
  std::vector<std::string> keys;
  for (const auto& [key, target] : live->second.targets) keys.push_back(key);
  TRY(RemoveTargets(bus_name, rule, keys));
  // A rule of this name that is made later is another one.
  TRY(ForgetRuleId(site_.engine, bus->log->arn, rule));
  rules_.erase(live);
  return Ok();
}

Status Rules::RemoveAll(const std::string& bus) {
  std::vector<std::string> names;
  for (const auto& [key, live] : rules_)
    if (key.first == bus) names.push_back(key.second);
  for (const std::string& name : names) TRY(Remove(bus, name));
  return Ok();
}

std::vector<pattern::RuleId> Rules::IdsOf(const std::string& bus, const std::vector<std::string>& rules) const {
  std::vector<pattern::RuleId> ids;
  for (const std::string& rule : rules)
    if (const auto live = rules_.find({bus, rule}); live != rules_.end()) ids.push_back(live->second.id);
  std::ranges::sort(ids);
  return ids;
}

void Rules::StopSchedules() {
  for (auto& [key, live] : rules_)
    if (live.schedule != nullptr) live.schedule->Stop();
}

}  // namespace millrace::app
