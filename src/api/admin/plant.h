// Plant is what there is to operate: the subscriptions that run here, and the logs that may be looked into.
//
// Threads:   thread-safe.
// Ownership: outlives the Service.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "flow/log.h"
#include "flow/subscription.h"

namespace millrace::api::admin {

struct RunningFlow {
  std::string name;  // "pipe/user-changes", "rule/phone-changed/endpoint"
  std::string from;  // "table/users"
  std::string to;    // "bus/crm"
  std::shared_ptr<flow::Subscription> subscription;
};

// Archived events of a bus that are to come again, those from one time to before another.
struct ReplayOrder {
  std::string name;
  std::string bus;
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  std::vector<std::string> rules;  // none: all
};

class Plant {
 public:
  virtual ~Plant() = default;
  // In the order in which they began.
  virtual std::vector<RunningFlow> Flows() const = 0;
  // "table/users" (its stream), "bus/crm", or an ARN. NotFound says what there is.
  virtual Result<std::unique_ptr<flow::Log>> OpenLog(std::string_view name) const = 0;
  // Returns when it has begun. NotFound, FailedPrecondition (no archive), AlreadyExists (the name was used before).
  virtual Status StartReplay(const ReplayOrder& order) const = 0;
};

// The flow of that name. A pipe or a rule with one target may be named shortly: "user-changes", "rule/phone-changed".
// NotFound names the nearest, or how to list them.
Result<RunningFlow> FindFlow(const Plant& plant, std::string_view name);

}  // namespace millrace::api::admin
