// TableLog is the change stream of an embedded table as a Log.
//
// Its records carry the change; their body, made on request, is the stream record as Lambda and Pipes hand it on
// (transform/stream_record.h). Shards are read side by side, children after their parents.
//
// Threads:   thread-safe.
// Ownership: the engine outlives it.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "engine/engine.h"
#include "flow/log.h"

namespace millrace::logs {

class TableLog final : public flow::Log {
 public:
  TableLog(engine::Engine& engine, const engine::Log& stream);

  const std::string& name() const override { return name_; }
  Result<flow::Position> Resolve(const flow::Start& start) override;
  Result<flow::LogBatch> Read(const flow::Position& from, const flow::ReadLimits& limits) override;
  Result<flow::LogLag> Lag(const flow::Position& from, std::size_t records_max) override;
  void Describe(flow::Record& record) const override;
  Status Restore(flow::Record& record) const override;
  std::uint64_t Watch(std::function<void()> wake) override { return engine_.AddListener(id_, std::move(wake)); }
  void Unwatch(std::uint64_t id) override { engine_.RemoveListener(id); }

 private:
  Result<std::shared_ptr<const engine::Log>> Stream() const;
  Status ReadShard(const engine::Log& stream, const engine::Shard& shard, const flow::ReadLimits& limits,
                   flow::LogBatch& batch) const;

  engine::Engine& engine_;
  const engine::LogId id_;
  const std::string name_;
  const std::string arn_;
  const std::string region_;
  const model::StreamViewType view_;
  std::atomic<std::size_t> turn_{0};  // which shard comes first, so that a busy one does not starve the others
};

}  // namespace millrace::logs
