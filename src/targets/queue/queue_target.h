// QueueTarget sends records to an embedded queue, with the checkpoint in the same commit: between a log and a queue of
// one engine, every record is sent exactly once.
//
// In a FIFO queue a message's group is the record's order key, and its deduplication id the record's id, unless its
// parameters say otherwise. What SQS does not allow there (more than 128 characters, or others than letters, digits and
// punctuation of ASCII) is replaced by its SHA-256 in hexadecimal digits. Where the checkpoint is not in the same
// commit, what "once" rests on is FIFO's deduplication, for five minutes; a standard queue has none.
//
// A body that is larger than the queue's messages may be, or that is empty, is rejected, with the reason.
//
// Threads:   thread-safe; completions come from the engine's writer.
// Ownership: the engine outlives it.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "engine/engine.h"
#include "flow/target.h"

namespace millrace::targets {

struct QueueTargetOptions {
  std::optional<std::chrono::milliseconds> delay = std::nullopt;  // standard; nothing: the queue's
};

class QueueTarget final : public flow::Target {
 public:
  QueueTarget(engine::Engine& engine, const engine::Queue& queue, QueueTargetOptions options = {});

  const std::string& name() const override { return name_; }
  const flow::TargetTraits& traits() const override { return traits_; }
  Status Open() override { return Ok(); }
  void Write(std::span<const flow::Record> batch, std::vector<flow::StateRow> state, Done done) override;
  void Close() override {}  // the engine completes every send

 private:
  Result<engine::OutgoingMessage> MessageOf(const flow::Record& record, std::size_t bytes_max) const;

  engine::Engine& engine_;
  // Found anew for each batch: it may be deleted, and made again under its name.
  const engine::ScopeId scope_;
  const std::string queue_;
  const std::string name_;
  const std::string account_;
  const bool fifo_;
  const QueueTargetOptions options_;
  const flow::TargetTraits traits_{
      .kind = flow::BatchKind::kAtomic, .batch_records_max = 1000, .batch_bytes_max = 4 << 20, .commits_state = true};
};

}  // namespace millrace::targets
