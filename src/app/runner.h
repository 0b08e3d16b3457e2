// Runner runs subscriptions and keeps the list of them: it observes, measures, replaces and forgets them.
//
// A subscription is known by its identity, name and source. Replacing one keeps its position; forgetting deletes its
// stored rows: checkpoint, settings, parked records, dead letters.
//
// Threads:   thread-safe. Start, Stop and Forget wait for what is under way; not to be called from steps. Calls for
//            one identity are made one after the other.
// Ownership: the site outlives it. A subscription keeps alive what it reads and writes.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "app/site.h"
#include "flow/subscription.h"

namespace millrace::app {

class Runner {
 public:
  explicit Runner(Site& site) : site_(site) {}

  struct Order {
    flow::SubscriptionOptions options;
    std::shared_ptr<flow::Feed> feed;         // of a log,
    std::shared_ptr<flow::Queue> queue = {};  // or a queue
    std::shared_ptr<flow::Target> target;
    std::function<void(const flow::Record&)> delivered = {};  // for a line that people watch
    std::function<void()> finished = {};
  };
  // Takes the place of a subscription of the same identity, where that left off.
  Status Start(Order order);
  // Stops it and deletes its rows. Of one that does not run, the rows alone.
  Status Forget(const flow::SubscriptionId& id);

  struct Running {
    std::string name;    // "pipe/user-changes", "rule/phone-changed/endpoint"
    std::string source;  // the ARN of its log or queue
    std::string from;    // its name: "table/users"
    std::string to;      // "bus/crm"
    std::shared_ptr<flow::Subscription> subscription;
  };
  // In the order in which they began; none after Stop.
  std::vector<Running> List() const;
  // Null: there is none.
  std::shared_ptr<flow::Subscription> Find(std::string_view name, std::string_view source) const;
  // How far they have come in the logs that they read: what is behind that must not be trimmed yet.
  engine::LogHolds Holds() const;
  // Idempotent.
  void Stop();

 private:
  flow::SubscriptionObserver ObserverOf(Order& order) const;
  Status DeleteRows(std::string_view prefix);

  Site& site_;
  mutable std::mutex mutex_;
  std::vector<Running> running_;  // guarded by mutex_
  bool stopped_ = false;          // guarded by mutex_
};

}  // namespace millrace::app
