#include "app/buses.h"

#include "base/nearest.h"

namespace millrace::app {

Result<std::shared_ptr<LiveBus>> Buses::Open(const std::string& name, std::chrono::milliseconds retention) {
  ASSIGN_OR_RETURN(auto log, site_.engine.CreateBus(site_.scope, name, retention));
  std::lock_guard lock(mutex_);
  std::shared_ptr<LiveBus>& bus = buses_[name];
  if (bus == nullptr || bus->log->id != log->id) bus = std::make_shared<LiveBus>(site_, std::move(log));
  return bus;
}

Result<std::shared_ptr<LiveBus>> Buses::Find(std::string_view name) const {
  std::lock_guard lock(mutex_);
  if (const auto found = buses_.find(name); found != buses_.end()) return found->second;
  std::vector<std::string_view> known;
  for (const auto& [each, bus] : buses_) known.push_back(each);
  const std::string_view nearest = Nearest(name, known);
  return Err(ErrorCode::kNotFound, {}, "bus/{} does not exist{}", name,
             nearest.empty() ? std::string() : fmt::format("; did you mean {}?", nearest));
}

Status Buses::Delete(const std::string& name) {
  std::shared_ptr<LiveBus> gone;
  {
    std::lock_guard lock(mutex_);
    const auto found = buses_.find(name);
    if (found == buses_.end()) return Ok();
    gone = std::move(found->second);
    buses_.erase(found);
  }
  gone->feed.Stop();
  return site_.engine.DeleteBus(gone->log->id);
}

std::vector<std::shared_ptr<LiveBus>> Buses::List() const {
  std::vector<std::shared_ptr<LiveBus>> buses;
  std::lock_guard lock(mutex_);
  for (const auto& [name, bus] : buses_) buses.push_back(bus);
  return buses;
}

void Buses::Stop() {
  std::map<std::string, std::shared_ptr<LiveBus>, std::less<>> buses;
  {
    std::lock_guard lock(mutex_);
    buses.swap(buses_);
  }
  for (auto& [name, bus] : buses) bus->feed.Stop();
}

const flow::TargetTraits& BusByName::traits() const {
  return targets::kBusTraits;
}

void BusByName::Write(std::span<const flow::Record> batch, std::vector<flow::StateRow> state, Done done) {
  const auto bus = buses_.Find(bus_);
  if (bus.ok())
    return (*bus)->target.Write(batch, std::move(state),
                                [bus = *bus, done = std::move(done)](auto report) { done(std::move(report)); });
  auto report = flow::WriteReport::AllFailed(batch.size(), flow::EntryOutcome::kRetry, bus.error());
  report.target_down = true;
  done(std::move(report));
}

}  // namespace millrace::app
