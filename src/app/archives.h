// Archives are copies of what buses receive, kept for replays: each is a log of its own, fed by a subscription.
//
// Threads:   externally synchronised (Flows does it). Every change waits for the engine.
// Ownership: everything it is given outlives it.
// Failure:   NotFound, InvalidArgument for a pattern.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/buses.h"
#include "app/runner.h"
#include "config/config.h"

namespace millrace::app {

class Archives {
 public:
  Archives(Site& site, Buses& buses, Runner& runner) : site_(site), buses_(buses), runner_(runner) {}

  // Adds the archive, or changes its pattern and retention. The one that the bus's declaration has is named as the bus.
  Status Put(const std::string& bus, const std::string& name, const config::Archive& archive);
  // With its events. Idempotent.
  Status Remove(const std::string& bus, const std::string& name);
  // Null: there is none.
  std::shared_ptr<LiveBus> Find(const std::string& bus, const std::string& name) const;
  std::vector<std::string> NamesOf(const std::string& bus) const;
  void Stop();

 private:
  flow::SubscriptionId IdentityOf(const LiveBus& bus, const std::string& log_name) const;

  Site& site_;
  Buses& buses_;
  Runner& runner_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<LiveBus>> archives_;  // by bus and name
};

}  // namespace millrace::app
