// BusLog is the log of an embedded event bus: every event once, with the rules that matched it.
//
// Threads:   thread-safe.
// Ownership: the engine outlives it.
#pragma once

#include <string>

#include "engine/engine.h"
#include "flow/log.h"

namespace millrace::logs {

class BusLog final : public flow::Log {
 public:
  BusLog(engine::Engine& engine, const engine::Log& bus);

  const std::string& name() const override { return name_; }
  Result<flow::Position> Resolve(const flow::Start& start) override;
  Result<flow::LogBatch> Read(const flow::Position& from, const flow::ReadLimits& limits) override;
  Result<flow::LogLag> Lag(const flow::Position& from, std::size_t records_max) override;
  std::uint64_t Watch(std::function<void()> wake) override { return engine_.AddListener(id_, std::move(wake)); }
  void Unwatch(std::uint64_t id) override { engine_.RemoveListener(id); }

 private:
  Result<engine::SequenceNumber> OffsetIn(const flow::Position& position, const engine::Shard& shard) const;

  engine::Engine& engine_;
  const engine::LogId id_;
  const std::string name_;
};

}  // namespace millrace::logs
