// BusTarget appends records to an embedded event bus, matched against its rules, with the checkpoint in the same
// commit: between a table's stream and a bus of one engine, delivery is exactly once.
//
// A record's body is the event's envelope (transform/envelope.h); its id is derived from the record's, so that it is
// the same however often it is made.
//
// Threads:   thread-safe; completions come from the engine's writer.
// Ownership: engine and rules outlive it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "flow/target.h"
#include "pattern/match_readers.h"

namespace millrace::targets {

// Of every bus.
inline constexpr flow::TargetTraits kBusTraits{
    .kind = flow::BatchKind::kAtomic, .batch_records_max = 1000, .batch_bytes_max = 4 << 20, .commits_state = true};

class BusTarget final : public flow::Target {
 public:
  // `only`: the rules that may match, ascending; nothing: all.
  BusTarget(engine::Engine& engine, const engine::Log& bus, const pattern::Matcher& rules,
            std::optional<std::vector<pattern::RuleId>> only = std::nullopt);

  const std::string& name() const override { return name_; }
  const flow::TargetTraits& traits() const override { return kBusTraits; }
  Status Open() override { return Ok(); }
  void Write(std::span<const flow::Record> batch, std::vector<flow::StateRow> state, Done done) override;
  void Close() override {}  // the engine completes every append

 private:
  engine::Engine& engine_;
  const engine::LogId bus_;
  const std::string name_;
  pattern::MatchReaders rules_;
  const std::optional<std::vector<pattern::RuleId>> only_;
};

}  // namespace millrace::targets
