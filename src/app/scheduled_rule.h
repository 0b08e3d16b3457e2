// ScheduledRule puts an event on a bus whenever its rule's schedule fires. The event matches that rule alone.
//
// What would have fired while the program did not run is left out, as it is on EventBridge. An event that cannot be
// appended is reported and left out too.
//
// Threads:   its steps run on the executor. Stop waits for one that is under way.
// Ownership: engine and executor outlive it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/random.h"
#include "engine/engine.h"
#include "flow/executor.h"
#include "transform/schedule.h"

namespace millrace::app {

struct ScheduledRuleOptions {
  std::string name;
  std::string arn;
  std::uint32_t rule_id = 0;
  engine::LogId bus;
  std::string account;
  std::string region;
};

class ScheduledRule {
 public:
  ScheduledRule(ScheduledRuleOptions options, const transform::Schedule& schedule, engine::Engine& engine,
                flow::Executor& executor, Random& random);
  ~ScheduledRule();
  ScheduledRule(const ScheduledRule&) = delete;
  ScheduledRule& operator=(const ScheduledRule&) = delete;

  void Start();
  void Stop();

 private:
  class Timer;
  std::shared_ptr<Timer> timer_;
};

}  // namespace millrace::app
