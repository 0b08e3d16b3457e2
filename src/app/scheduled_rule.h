// ScheduledRule puts an event on a bus whenever a schedule fires. The event matches its rule alone.
//
// Of a rule, what would have fired while the program did not run is left out, as it is on EventBridge. Of a schedule
// that remembers when it fired last, once makes up for all that was missed. An event that cannot be appended is
// reported and left out.
//
// Threads:   its steps run on the executor. Stop waits for one that is under way.
// Ownership: engine and executor outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/random.h"
#include "engine/engine.h"
#include "flow/executor.h"

namespace millrace::app {

struct ScheduledRuleOptions {
  std::string name;
  std::string arn;
  std::uint32_t rule_id = 0;
  engine::LogId bus;
  std::string account;
  std::string region;
  std::string source = "aws.events";
  // The state row that remembers, written with each event; empty: none. Then the first time is looked for after what it
  // says, or after `since_ms`, rather than after now.
  std::string fired_row = {};
  std::int64_t since_ms = 0;
};

class ScheduledRule {
 public:
  // The first time after this one, since the epoch; nothing: never again.
  using Next = std::function<std::optional<std::int64_t>(std::int64_t after_ms)>;

  ScheduledRule(ScheduledRuleOptions options, Next next, engine::Engine& engine, flow::Executor& executor,
                Random& random);
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
