// Flows are the pipes, rules, buses and archives of a node, running. A configuration declares some; others come and go
// while it runs.
//
//   Buses ─► Rules, Archives ─► Runner ─► Destinations        one subscription per pipe, per target of a rule, per
//   Sources ─► Pipes ──────────┘                              archive, and per replay
//
// Open makes what is declared but for the pipes, which StartPipes begins: so whoever has rules of its own adds them in
// between, and every event which a pipe appends is matched by all of them.
//
// Threads:   changes are thread-safe, take turns, and wait for the engine and for deliveries that are under way: not
//            for request threads, nor for completions. Reports, Holds, List and FindBus never wait; what else looks
//            may wait for a change.
// Ownership: config, engine, clock, random and the watcher outlive it.
// Failure:   the error names the pipe, rule or target that cannot run; what had begun is stopped again.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/archives.h"
#include "app/buses.h"
#include "app/destinations.h"
#include "app/pipes.h"
#include "app/replays.h"
#include "app/request_writer.h"
#include "app/rules.h"
#include "app/runner.h"
#include "app/schedules.h"
#include "app/site.h"
#include "app/sources.h"
#include "config/config.h"

namespace millrace::app {

struct FlowsOptions {
  const config::Config& config;
  std::string file_directory;  // what relative `file:` paths are relative to
  int threads = 2;
  metrics::Registry& metrics;
  functions::Functions& functions;  // with those that are declared
};

class Flows {
 public:
  // There is always a bus of this name, as there is on AWS.
  static constexpr const char* kDefaultBus = "default";

  static Result<std::unique_ptr<Flows>> Open(const FlowsOptions& options, engine::Engine& engine, const Clock& clock,
                                             Random& random, FlowsWatcher watcher);
  ~Flows();
  // The declared pipes, and the replays that were under way.
  Status StartPipes();
  // Lets what is in flight finish, saves the checkpoints. Idempotent.
  void Stop();

  struct Report {
    std::string name;  // "pipe/user-changes"
    flow::SubscriptionState state;
    flow::SubscriptionStats stats;
    std::string error;
  };
  std::vector<Report> Reports() const;
  engine::LogHolds Holds() const { return runner_.Holds(); }
  using Running = Runner::Running;
  std::vector<Running> List() const { return runner_.List(); }
  Result<std::shared_ptr<LiveBus>> FindBus(std::string_view name) const { return buses_.Find(name); }

  // Each is idempotent. What it says of rules, pipes and the rest is said where they are: app/rules.h, ….
  Status PutBus(const std::string& name, std::chrono::milliseconds retention);
  // With its rules and archives. FailedPrecondition: a pipe reads it.
  Status RemoveBus(const std::string& name);
  Status PutArchive(const std::string& bus, const std::string& name, const config::Archive& archive);
  Status RemoveArchive(const std::string& bus, const std::string& name);
  Status PutRule(const config::Rule& rule);
  Status RemoveRule(const std::string& bus, const std::string& rule);
  Status PutRuleTargets(const std::string& bus, const std::string& rule,
                        const std::vector<config::RuleTarget>& targets);
  Status RemoveRuleTargets(const std::string& bus, const std::string& rule, const std::vector<std::string>& keys);
  Status PutPipe(const config::Pipe& pipe);
  Status PausePipe(const std::string& name);
  Status ResumePipe(const std::string& name);
  Status RemovePipe(const std::string& name);
  std::shared_ptr<flow::Subscription> FindPipe(const std::string& name) const;
  Result<std::shared_ptr<RequestWriter>> OpenRoute(const config::HttpRoute& route);
  // What is written to already goes on with the old one until it is put anew.
  Status PutHttpTarget(const std::string& name, targets::HttpTargetOptions options);
  void RemoveTarget(const std::string& name);
  Status PutSchedule(const ScheduleOrder& order);
  Status RemoveSchedule(const std::string& name);
  // Whether it has fired for the last time, and its target has taken what it made.
  bool IsScheduleDone(const std::string& name) const;
  Status StartReplay(const ReplayRequest& request);
  Status CancelReplay(const std::string& name);
  Result<std::optional<Replay>> FindReplay(const std::string& name) const { return replays_.Find(name); }
  Result<std::vector<Replay>> ListReplays() const { return replays_.List(); }
  // Null: there is none.
  std::shared_ptr<LiveBus> FindArchive(const std::string& bus, const std::string& name) const;

  const Site& site() const { return site_; }

 private:
  Flows(const FlowsOptions& options, engine::Engine& engine, const Clock& clock, Random& random, FlowsWatcher watcher);
  Status Declare();

  const config::Config& config_;
  Site site_;
  Buses buses_;
  Sources sources_;
  Destinations destinations_;
  Runner runner_;
  // Held for the whole of a change, whatever that waits for; nothing that it waits for takes it.
  mutable std::mutex changes_;
  Rules rules_;          // guarded by changes_
  Archives archives_;    // guarded by changes_
  Pipes pipes_;          // guarded by changes_
  Replays replays_;      // changes guarded by changes_
  Schedules schedules_;  // guarded by changes_
  bool stopped_ = false;
};

}  // namespace millrace::app
