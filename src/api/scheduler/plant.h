// Plant is what the EventBridge Scheduler API drives: the schedules of this node, running, and the rows in which the
// API keeps what it was told.
//
// Threads:   thread-safe. Everything may wait for the disk and for deliveries that are under way.
// Ownership: outlives the Service.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/error.h"
#include "config/config.h"
#include "records/keeper.h"

namespace millrace::api::scheduler {

struct Order {
  std::string name;  // "GROUP/NAME"
  std::string arn;
  // The first time after this one, since the epoch; null: it is off.
  std::function<std::optional<std::int64_t>(std::int64_t after_ms)> next;
  std::int64_t changed_ms = 0;
  config::RuleTarget target;  // its input is not looked at
  std::optional<std::string> input;
  std::string source;  // of an event bus's event
  std::string detail_type;
};

class Plant : public records::Keeper {
 public:
  virtual Status Put(const Order& order) = 0;
  // Idempotent.
  virtual Status Remove(const std::string& name) = 0;
  // Whether it has fired for the last time, and its target has taken what it made.
  virtual bool IsDone(const std::string& name) const = 0;
};

}  // namespace millrace::api::scheduler
