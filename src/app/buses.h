// Buses are the event buses that are open, by name.
//
// Threads:   thread-safe. Open and Close wait for the engine.
// Ownership: the site outlives it; a bus lives on while something reads from it or writes to it.
// Failure:   NotFound names the nearest bus.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "app/live_bus.h"

namespace millrace::app {

class Buses {
 public:
  explicit Buses(Site& site) : site_(site) {}

  // Makes the log if there is none. A bus that is open gets this retention.
  Result<std::shared_ptr<LiveBus>> Open(const std::string& name, std::chrono::milliseconds retention);
  Result<std::shared_ptr<LiveBus>> Find(std::string_view name) const;
  // Closes it and deletes its events. Idempotent. Nothing may read from it any more.
  Status Delete(const std::string& name);
  std::vector<std::shared_ptr<LiveBus>> List() const;
  // Stops the feeds. The buses can be found no more.
  void Stop();

 private:
  Site& site_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<LiveBus>, std::less<>> buses_;  // guarded by mutex_
};

// A bus as a target, found anew for each batch: it may be deleted and made again under its name.
class BusByName final : public flow::Target {
 public:
  BusByName(const Buses& buses, const std::string& bus) : buses_(buses), bus_(bus), name_("bus/" + bus) {}

  const std::string& name() const override { return name_; }
  const flow::TargetTraits& traits() const override;
  Status Open() override { return Ok(); }
  void Write(std::span<const flow::Record> batch, std::vector<flow::StateRow> state, Done done) override;
  void Close() override {}

 private:
  const Buses& buses_;
  const std::string bus_;
  const std::string name_;
};

}  // namespace millrace::app
