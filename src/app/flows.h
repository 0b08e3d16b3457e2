// Flows are the pipes and rules of a configuration, running: their logs, targets and subscriptions, wired.
//
// Rules begin before the pipes, so that every event which a pipe appends is matched by all of them.
//
// Threads:   Start and Stop from one thread.
// Ownership: engine, clock, random and the watcher outlive it.
// Failure:   Start names the pipe, rule or target that cannot run; what had begun is stopped again.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "config/config.h"
#include "engine/engine.h"
#include "flow/subscription.h"
#include "metrics/registry.h"

namespace millrace::app {

struct FlowsOptions {
  const config::Config& config;
  std::string file_directory;  // what relative `file:` paths are relative to
  int threads = 2;
  metrics::Registry& metrics;
};

// What people watch: one line each, already worded.
struct FlowsWatcher {
  std::function<void(const std::string&)> line;     // a record was delivered
  std::function<void(const std::string&)> problem;  // a target is down, a record is tried again
};

class Flows {
 public:
  static Result<std::unique_ptr<Flows>> Start(const FlowsOptions& options, engine::Engine& engine, const Clock& clock,
                                              Random& random, FlowsWatcher watcher);
  ~Flows();
  // Lets what is in flight finish, saves the checkpoints. Idempotent.
  void Stop();

  struct Report {
    std::string name;  // "pipe/user-changes"
    flow::SubscriptionState state;
    flow::SubscriptionStats stats;
    std::string error;
  };
  std::vector<Report> Reports() const;

  // How far the subscriptions have come in the logs that they read: what is behind that must not be trimmed yet.
  engine::LogHolds Holds() const;

  // Puts the archived events of a bus on it once more, those from one time to before another, for some rules or all.
  // Returns when it has begun; it goes on over restarts. AlreadyExists if the name was used before. Waits for the disk.
  struct ReplayRequest {
    std::string name;
    std::string bus;
    std::int64_t from_ms = 0;
    std::int64_t to_ms = 0;
    std::vector<std::string> rules;
  };
  Status StartReplay(const ReplayRequest& request);

  struct Running {
    std::string name;    // "pipe/user-changes", "rule/phone-changed/endpoint"
    std::string source;  // the ARN of its log
    std::string from;    // its name: "table/users"
    std::string to;      // "bus/crm"
    std::shared_ptr<flow::Subscription> subscription;
  };
  // All of them, in the order in which they began; none after Stop.
  std::vector<Running> List() const;

 private:
  class Wiring;
  explicit Flows(std::unique_ptr<Wiring> wiring);
  std::unique_ptr<Wiring> wiring_;
};

}  // namespace millrace::app
