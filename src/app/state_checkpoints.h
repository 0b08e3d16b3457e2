// StateCheckpoints keeps subscriptions' checkpoints as state rows of the engine.
//
// A save does not wait for a sync of its own: a lost one means that records are delivered again.
//
// Threads:   thread-safe.
// Ownership: the engine outlives it.
#pragma once

#include "engine/engine.h"
#include "flow/checkpoint.h"

namespace millrace::app {

class StateCheckpoints final : public flow::CheckpointStore {
 public:
  explicit StateCheckpoints(engine::Engine& engine) : engine_(engine) {}

  Result<std::optional<std::string>> Load(std::string_view key) override { return engine_.ReadState(key); }
  void Save(std::string key, std::string value, std::function<void(Status)> done) override {
    std::vector<engine::StateRow> rows;
    rows.push_back({std::move(key), std::move(value)});
    engine_.WriteState(std::move(rows), std::move(done));
  }

 private:
  engine::Engine& engine_;
};

}  // namespace millrace::app
