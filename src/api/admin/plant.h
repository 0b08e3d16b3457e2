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

class Plant {
 public:
  virtual ~Plant() = default;
  // In the order in which they began.
  virtual std::vector<RunningFlow> Flows() const = 0;
  // "table/users" (its stream), "bus/crm", or an ARN. NotFound says what there is.
  virtual Result<std::unique_ptr<flow::Log>> OpenLog(std::string_view name) const = 0;
};

// The flow of that name. A pipe or a rule with one target may be named shortly: "user-changes", "rule/phone-changed".
// NotFound names the nearest, or how to list them.
Result<RunningFlow> FindFlow(const Plant& plant, std::string_view name);

}  // namespace millrace::api::admin
