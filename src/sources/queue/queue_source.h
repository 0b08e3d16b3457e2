// QueueSource is an embedded queue as subscriptions consume it: its records are those of Lambda's SQS events.
//
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
//
// Threads:   thread-safe. Receive reads the store on the calling thread; completions run there or on the engine's
//            writer.
// Ownership: the engine outlives it, and outlives all of its completions.
// Failure:   Unavailable if the queue was deleted; the engine's otherwise.
#pragma once

#include <string>

#include "engine/engine.h"
#include "flow/queue.h"

namespace millrace::sources {

class QueueSource final : public flow::Queue {
 public:
  QueueSource(engine::Engine& engine, const engine::Queue& queue);

  const std::string& name() const override { return name_; }
  // The queue's visibility timeout, within a second and ten.
  std::chrono::milliseconds lease() const override;
  void Receive(const flow::ReadLimits& limits, ReceiveDone done) override;
  void Acknowledge(std::vector<std::string> receipts, Done done) override;
  void Return(std::vector<flow::Returned> messages, Done done) override;
  void Extend(std::vector<std::string> receipts, Done done) override;
  Result<flow::LogLag> Lag(std::size_t records_max) override;
  std::uint64_t Watch(std::function<void()> wake) override;
  void Unwatch(std::uint64_t id) override;

 private:
  Result<flow::Record> RecordOf(engine::ReceivedMessage message) const;
  void ChangeVisibility(std::vector<engine::VisibilityChange> changes, Done done);

  engine::Engine& engine_;
  const engine::QueueId id_;
  const std::string name_;
  const std::string arn_;
  const std::string account_;
  const std::string region_;
  const bool fifo_;
};

}  // namespace millrace::sources
