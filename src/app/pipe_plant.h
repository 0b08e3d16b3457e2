// PipePlant is what the Pipes API drives on this node: its flows.
//
// Threads:   thread-safe.
// Ownership: the flows outlive it.
#pragma once

#include "api/pipes/plant.h"
#include "app/flows.h"

namespace millrace::app {

class PipePlant final : public api::pipes::Plant {
 public:
  PipePlant(Flows& flows, engine::Engine& engine) : flows_(flows), engine_(engine), rows_(engine) {}

  Status PutPipe(const config::Pipe& pipe, std::string_view source_arn) override;
  Status Pause(const std::string& name) override { return flows_.PausePipe(name); }
  Status Resume(const std::string& name) override { return flows_.ResumePipe(name); }
  Status Remove(const std::string& name) override { return flows_.RemovePipe(name); }
  std::optional<std::string> WhyFailed(const std::string& name) const override;
  flow::StateStore& rows() override { return rows_; }
  Status Sync() override { return engine_.Sync(); }

 private:
  Flows& flows_;
  engine::Engine& engine_;
  StateRows rows_;
};

}  // namespace millrace::app
