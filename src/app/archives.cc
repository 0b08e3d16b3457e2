#include "app/archives.h"

#include "app/provision.h"
#include "app/shaping.h"

namespace millrace::app {

flow::SubscriptionId Archives::IdentityOf(const LiveBus& bus, const std::string& log_name) const {
  return {site_.scope.account, site_.scope.region, log_name, bus.log->arn};
}

Status Archives::Put(const std::string& bus_name, const std::string& name, const config::Archive& archive) {
  ASSIGN_OR_RETURN(const auto bus, buses_.Find(bus_name));
  const std::string log_name = ArchiveLogName(bus_name, name);
  Runner::Order order;
  order.options.id = IdentityOf(*bus, log_name);
  // What a replay brings is in the archive already.
  std::string pattern = R"({"replay-name":[{"exists":false}]})";
  if (archive.match) {
    pattern.back() = ',';
    pattern += archive.match->json.substr(archive.match->json.find('{') + 1);
  }
  ASSIGN_OR_RETURN(order.options.filter, MatchAny({{pattern, {}}}));
  ASSIGN_OR_RETURN(auto log, site_.engine.CreateBus(site_.scope, log_name, archive.retain));
  std::shared_ptr<LiveBus>& live = archives_[{bus_name, name}];
  if (live == nullptr) live = std::make_shared<LiveBus>(site_, std::move(log));
  order.feed = FeedOf(bus);
  order.target = TargetOf(live);
  return runner_.Start(std::move(order));
}

Status Archives::Remove(const std::string& bus_name, const std::string& name) {
  const auto found = archives_.find({bus_name, name});
  if (found == archives_.end()) return Ok();
  ASSIGN_OR_RETURN(const auto bus, buses_.Find(bus_name));
  const std::shared_ptr<LiveBus> live = found->second;
  TRY(runner_.Forget(IdentityOf(*bus, ArchiveLogName(bus_name, name))));
  archives_.erase(found);
  live->feed.Stop();
  return site_.engine.DeleteBus(live->log->id);
}

std::shared_ptr<LiveBus> Archives::Find(const std::string& bus, const std::string& name) const {
  const auto found = archives_.find({bus, name});
  return found == archives_.end() ? nullptr : found->second;
}

std::vector<std::string> Archives::NamesOf(const std::string& bus) const {
  std::vector<std::string> names;
  for (const auto& [key, live] : archives_)
    if (key.first == bus) names.push_back(key.second);
  return names;
}

void Archives::Stop() {
  for (auto& [key, live] : archives_) live->feed.Stop();
}

}  // namespace millrace::app
