#include "app/live_bus.h"

namespace millrace::app {

LiveBus::LiveBus(Site& site, std::shared_ptr<const engine::Log> of)
    : log(std::move(of)), reader(site.engine, *log), feed(reader, site.executor), target(site.engine, *log, rules) {
  feed.Start();
}

std::shared_ptr<flow::Feed> FeedOf(const std::shared_ptr<LiveBus>& bus) {
  return {bus, &bus->feed};
}
std::shared_ptr<flow::Target> TargetOf(const std::shared_ptr<LiveBus>& bus) {
  return {bus, &bus->target};
}

}  // namespace millrace::app
