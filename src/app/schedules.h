// Schedules are targets that are called at times: each is a timer that puts an event on a log of its own kind, and one
// subscription that takes it from there to the target. So what has fired is delivered whatever happens in between.
//
// Threads:   externally synchronised (Flows does it). Every change waits for the engine.
// Ownership: everything it is given outlives it.
// Failure:   NotFound: the target; the schedule is then as it was.
// Format:    docs/design/positions.md, "Schedules"
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "app/destinations.h"
#include "app/runner.h"
#include "app/scheduled_rule.h"
#include "config/config.h"

namespace millrace::app {

struct ScheduleOrder {
  std::string name;  // "GROUP/NAME"
  std::string arn;
  ScheduledRule::Next next;     // null: it is off
  std::int64_t changed_ms = 0;  // what fired before is nothing to this one
  config::RuleTarget target;    // its input is not looked at
  // What the target gets; nothing: an event that says that the schedule has fired.
  std::optional<std::string> input;
  // Of a bus: how the event is called whose detail the input is.
  std::string source;
  std::string detail_type;
};

class Schedules {
 public:
  Schedules(Site& site, Buses& buses, Destinations& destinations, Runner& runner)
      : site_(site), buses_(buses), destinations_(destinations), runner_(runner) {}

  Status Put(const ScheduleOrder& order);
  // Idempotent.
  Status Remove(const std::string& name);
  bool IsDone(const std::string& name) const;
  // Nothing fires after this. Idempotent.
  void Stop();

 private:
  struct Live {
    ScheduledRule::Next next;
    std::unique_ptr<ScheduledRule> timer;
  };

  flow::SubscriptionId IdentityOf(const LiveBus& bus, const std::string& name) const;

  Site& site_;
  Buses& buses_;
  Destinations& destinations_;
  Runner& runner_;
  std::map<std::string, Live> schedules_;
};

}  // namespace millrace::app
