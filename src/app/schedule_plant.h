// SchedulePlant is what the Scheduler API drives on this node: its flows.
//
// Threads:   thread-safe.
// Ownership: the flows outlive it.
#pragma once

#include "api/scheduler/plant.h"
#include "app/flows.h"

namespace millrace::app {

class SchedulePlant final : public api::scheduler::Plant {
 public:
  SchedulePlant(Flows& flows, engine::Engine& engine) : flows_(flows), engine_(engine), rows_(engine) {}

  Status Put(const api::scheduler::Order& order) override {
    return flows_.PutSchedule({.name = order.name,
                               .arn = order.arn,
                               .next = order.next,
                               .changed_ms = order.changed_ms,
                               .target = order.target,
                               .input = order.input,
                               .source = order.source,
                               .detail_type = order.detail_type});
  }
  Status Remove(const std::string& name) override { return flows_.RemoveSchedule(name); }
  bool IsDone(const std::string& name) const override { return flows_.IsScheduleDone(name); }
  flow::StateStore& rows() override { return rows_; }
  Status Sync() override { return engine_.Sync(); }

 private:
  Flows& flows_;
  engine::Engine& engine_;
  StateRows rows_;
};

}  // namespace millrace::app
