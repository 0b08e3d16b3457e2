// Rules are the rules of all buses, running: their patterns in the buses' matchers, their schedules, and one
// subscription for each of their targets.
//
// A rule that is off matches nothing, but what it matched before is still delivered.
//
// Threads:   externally synchronised (Flows does it). Every change waits for the engine.
// Ownership: everything it is given outlives it.
// Failure:   InvalidArgument, NotFound; the rule is then as it was, but for targets that were changed before the one
//            that could not be.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/destinations.h"
#include "app/runner.h"
#include "app/scheduled_rule.h"
#include "config/config.h"

namespace millrace::app {

class Rules {
 public:
  Rules(Site& site, Buses& buses, Destinations& destinations, Runner& runner)
      : site_(site), buses_(buses), destinations_(destinations), runner_(runner) {}

  // Adds the rule, or makes the one of that name and bus like this one: pattern, schedule, on or off. Events that are
  // appended after this has returned are matched by it. Its targets stay as they are; those of `rule` are not looked
  // at.
  Status Put(const config::Rule& rule);
  // Adds targets, or changes those of the same key. One that is changed keeps its position.
  Status PutTargets(const std::string& bus, const std::string& rule, const std::vector<config::RuleTarget>& targets);
  // By their keys. Those that are not there are left out.
  Status RemoveTargets(const std::string& bus, const std::string& rule, const std::vector<std::string>& keys);
  // With its targets. Idempotent.
  Status Remove(const std::string& bus, const std::string& rule);
  // All of a bus.
  Status RemoveAll(const std::string& bus);

  bool Contains(const std::string& bus, const std::string& rule) const { return rules_.contains({bus, rule}); }
  // Those of them that exist, ascending.
  std::vector<pattern::RuleId> IdsOf(const std::string& bus, const std::vector<std::string>& rules) const;
  // No schedule fires after this. Idempotent.
  void StopSchedules();

  // What a target is called within its rule: its id, or where it leads.
  static std::string KeyOf(const config::RuleTarget& target);

 private:
  struct Live {
    config::Rule rule;  // without targets
    std::uint32_t id = 0;
    std::map<std::string, config::RuleTarget> targets;
    std::unique_ptr<ScheduledRule> schedule;
  };

  flow::SubscriptionId IdentityOf(const LiveBus& bus, const std::string& rule, const std::string& key) const;
  Result<std::unique_ptr<ScheduledRule>> ScheduleOf(const config::Rule& rule, const LiveBus& bus,
                                                    std::uint32_t id) const;
  Status StartTarget(const Live& live, const std::shared_ptr<LiveBus>& bus, const config::RuleTarget& target);

  Site& site_;
  Buses& buses_;
  Destinations& destinations_;
  Runner& runner_;
  std::map<std::pair<std::string, std::string>, Live> rules_;  // by bus and name
};

}  // namespace millrace::app
