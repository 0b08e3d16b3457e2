// EventPlant is what the EventBridge API drives on this node: its flows.
//
// Threads:   thread-safe.
// Ownership: the flows outlive it.
#pragma once

#include "api/events/plant.h"
#include "app/flows.h"

namespace millrace::app {

class EventPlant final : public api::events::Plant {
 public:
  explicit EventPlant(Flows& flows, engine::Engine& engine) : flows_(flows), engine_(engine), rows_(engine) {}

  void Append(std::vector<api::events::NewEvent> events, AppendDone done) override;
  Status CheckBus(std::string_view name) const override;
  Status PutBus(const std::string& name) override;
  Status RemoveBus(const std::string& name) override;
  Status PutRule(const config::Rule& rule) override;
  Status RemoveRule(const std::string& bus, const std::string& rule) override;
  Status PutTargets(const std::string& bus, const std::string& rule,
                    const std::vector<config::RuleTarget>& targets) override;
  Status RemoveTargets(const std::string& bus, const std::string& rule, const std::vector<std::string>& ids) override;
  Status PutArchive(const std::string& bus, const std::string& name, const config::Archive& archive) override;
  Status RemoveArchive(const std::string& bus, const std::string& name) override;
  api::events::ArchiveSize SizeOf(const std::string& bus, const std::string& archive) const override;
  Status StartReplay(const api::events::ReplayOrder& order) override;
  Status CancelReplay(const std::string& name) override;
  Result<std::vector<api::events::ReplayReport>> Replays() const override;
  Status PutDestination(const api::events::HttpDestination& destination) override;
  void RemoveDestination(const std::string& name) override;
  flow::StateStore& rows() override { return rows_; }
  Status Sync() override { return engine_.Sync(); }

 private:
  Flows& flows_;
  engine::Engine& engine_;
  StateRows rows_;
};

}  // namespace millrace::app
