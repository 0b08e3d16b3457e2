// NodePlant is what the admin API may operate on this node: its flows, and every table's stream and bus of its account.
//
// Threads:   thread-safe.
// Ownership: flows and engine outlive it.
#pragma once

#include "api/admin/plant.h"
#include "app/flows.h"
#include "engine/engine.h"

namespace millrace::app {

class NodePlant final : public api::admin::Plant {
 public:
  NodePlant(app::Flows& flows, engine::Engine& engine, engine::Scope scope)
      : flows_(flows), engine_(engine), scope_(std::move(scope)) {}

  std::vector<api::admin::RunningFlow> Flows() const override;
  Result<std::unique_ptr<flow::Log>> OpenLog(std::string_view name) const override;
  Status StartReplay(const api::admin::ReplayOrder& order) const override;

 private:
  std::shared_ptr<const engine::Log> Find(std::string_view name) const;

  app::Flows& flows_;
  engine::Engine& engine_;
  const engine::Scope scope_;
};

}  // namespace millrace::app
