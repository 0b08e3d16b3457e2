// LiveBus is an event bus that takes events and hands them out: its log, the rules that match on append, and its feed.
//
// An archive is one too: a log without rules, fed by a subscription (app/archives.h).
//
// Threads:   thread-safe.
// Ownership: shared by everything that reads from it or writes to it; the site outlives it.
#pragma once

#include <memory>
#include <string>

#include "app/site.h"
#include "flow/feed.h"
#include "logs/bus/bus_log.h"
#include "pattern/matcher.h"
#include "targets/bus/bus_target.h"

namespace millrace::app {

struct LiveBus {
  LiveBus(Site& site, std::shared_ptr<const engine::Log> of);

  const std::shared_ptr<const engine::Log> log;
  pattern::Matcher rules;
  logs::BusLog reader;
  flow::Feed feed;
  targets::BusTarget target;
};

// The feed, and with it all that it needs.
std::shared_ptr<flow::Feed> FeedOf(const std::shared_ptr<LiveBus>& bus);
std::shared_ptr<flow::Target> TargetOf(const std::shared_ptr<LiveBus>& bus);

}  // namespace millrace::app
