// StdoutTarget prints each record's body as one line on standard output.
//
// What "once" rests on: nothing. A crash between printing and the checkpoint prints again.
//
// Threads: thread-safe; a batch is written whole.
#pragma once

#include <mutex>
#include <string>

#include "flow/target.h"

namespace millrace::targets {

class StdoutTarget final : public flow::Target {
 public:
  explicit StdoutTarget(std::string name) : name_(std::move(name)) {}

  const std::string& name() const override { return name_; }
  const flow::TargetTraits& traits() const override { return traits_; }
  Status Open() override { return Ok(); }
  void Write(std::span<const flow::Record> batch, std::vector<flow::StateRow> state, Done done) override;
  void Close() override {}

 private:
  const std::string name_;
  const flow::TargetTraits traits_{.kind = flow::BatchKind::kPrefix, .batch_records_max = 1000};
  std::mutex mutex_;  // one batch at a time
};

}  // namespace millrace::targets
