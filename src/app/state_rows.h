// StateRows keeps the rows of subscriptions in the engine's state space.
//
// Threads:   thread-safe.
// Ownership: the engine outlives it.
#pragma once

#include "engine/engine.h"
#include "flow/state_store.h"

namespace millrace::app {

class StateRows final : public flow::StateStore {
 public:
  explicit StateRows(engine::Engine& engine) : engine_(engine) {}

  Result<std::optional<std::string>> Load(std::string_view key) override { return engine_.ReadState(key); }
  Result<std::vector<flow::StateRow>> Scan(std::string_view prefix, std::string_view after,
                                           std::size_t rows_max) override {
    ASSIGN_OR_RETURN(std::vector<engine::StateRow> rows, engine_.ScanState(prefix, after, rows_max));
    std::vector<flow::StateRow> found;
    found.reserve(rows.size());
    for (engine::StateRow& row : rows) found.push_back({std::move(row.key), std::move(row.value)});
    return found;
  }
  void Write(std::vector<flow::StateRow> rows, Done done) override {
    std::vector<engine::StateRow> written;
    written.reserve(rows.size());
    for (flow::StateRow& row : rows) written.push_back({std::move(row.key), std::move(row.value)});
    engine_.WriteState(std::move(written), std::move(done));
  }

 private:
  engine::Engine& engine_;
};

}  // namespace millrace::app
