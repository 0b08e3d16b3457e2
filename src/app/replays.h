// Replays put archived events on their bus once more, as subscriptions from the archive to the bus that end.
//
// Threads:   externally synchronised (Flows does it). Every change waits for the engine.
// Ownership: everything it is given outlives it.
// Failure:   NotFound, FailedPrecondition (no archive), InvalidArgument, AlreadyExists (the name was used before).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/archives.h"
#include "app/replay.h"
#include "app/rules.h"

namespace millrace::app {

// Archived events of a bus that are to come again, those from one time to before another, for some rules or all.
struct ReplayRequest {
  std::string name;
  std::string bus;
  std::string archive = {};  // empty: the one that the bus was declared with
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  std::vector<std::string> rules = {};
};

class Replays {
 public:
  Replays(Site& site, Buses& buses, Archives& archives, const Rules& rules, Runner& runner)
      : site_(site), buses_(buses), archives_(archives), rules_(rules), runner_(runner) {}

  // Returns when it has begun; it goes on over restarts.
  Status Start(const ReplayRequest& request);
  // Those that were under way when the node stopped.
  Status ResumeAll();
  // FailedPrecondition: it is over.
  Status Cancel(const std::string& name);
  Result<std::optional<Replay>> Find(const std::string& name) const;
  Result<std::vector<Replay>> List() const;

 private:
  Status Run(const Replay& replay);
  static flow::SubscriptionId IdentityOf(const Site& site, const Replay& replay, const LiveBus& archive);

  Site& site_;
  Buses& buses_;
  Archives& archives_;
  const Rules& rules_;
  Runner& runner_;
};

}  // namespace millrace::app
