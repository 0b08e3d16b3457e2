// The requests that queues make of the writer: messages sent, leased, removed and moved.
//
// Threads: made on the calling thread, run on the writer thread.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "engine/live_queue.h"
#include "engine/requests.h"

namespace millrace::engine {

class SendQueued final : public QueuedRequest {
 public:
  // REQUIRES: the messages fit the queue.
  SendQueued(SendRequest request, const Queue& queue, Random& random, Queues::SendDone done);
  void Execute(Group& group) override;
  void Complete(const Status& commit) override;
  std::size_t bytes() const override { return bytes_; }

 private:
  // Which of the messages were sent before.
  Status FindDuplicates(Group& group, const Queue& queue);
  std::string KeyOf(const Queue& queue, std::uint64_t period, const StoredMessage& message) const;

  const QueueId queue_;
  std::vector<std::shared_ptr<std::string>> messages_;  // encoded
  std::vector<StateRow> state_;
  Queues::SendDone done_;
  std::size_t bytes_ = 0;
  std::vector<std::optional<SentMessage>> duplicates_;
  std::vector<SentMessage> sent_;
  Status status_ = Ok();
};

// Whoever received the messages waits for it; it needs no sync.
class LeaseQueued final : public QueuedRequest {
 public:
  using Done = std::function<void(const Status&)>;
  LeaseQueued(std::shared_ptr<LiveQueue> queue, std::vector<std::pair<SequenceNumber, Lease>> leases, Done done)
      : queue_(std::move(queue)), leases_(std::move(leases)), done_(std::move(done)) {}
  void Execute(Group& group) override;
  void Complete(const Status& commit) override { std::exchange(done_, nullptr)(commit); }
  std::size_t bytes() const override { return 64 * leases_.size(); }
  bool internal() const override { return true; }

 private:
  const std::shared_ptr<LiveQueue> queue_;
  const std::vector<std::pair<SequenceNumber, Lease>> leases_;
  Done done_;
};

// Of messages that are claimed.
class RemoveQueued final : public QueuedRequest {
 public:
  using Done = std::function<void(const Status&)>;
  RemoveQueued(std::shared_ptr<LiveQueue> queue, std::vector<std::uint64_t> messages, bool sync, Done done)
      : queue_(std::move(queue)), messages_(std::move(messages)), sync_(sync), done_(std::move(done)) {}
  void Execute(Group& group) override;
  void Complete(const Status& commit) override { std::exchange(done_, nullptr)(commit); }
  std::size_t bytes() const override { return 64 * messages_.size(); }
  bool internal() const override { return true; }

 private:
  const std::shared_ptr<LiveQueue> queue_;
  const std::vector<std::uint64_t> messages_;
  const bool sync_;
  Done done_;
};

// Of messages that are claimed, to another queue. If that is gone, they stay.
class MoveQueued final : public QueuedRequest {
 public:
  using Done = std::function<void(Status)>;
  struct Message {
    SequenceNumber sequence;
    std::string value;
    std::string new_id;  // empty: the message keeps its id and its time, and remembers where it came from
  };
  MoveQueued(std::shared_ptr<LiveQueue> from, std::vector<Message> messages, QueueId to, Done done);
  void Execute(Group& group) override;
  void Complete(const Status& commit) override { std::exchange(done_, nullptr)(commit.ok() ? status_ : commit); }
  std::size_t bytes() const override { return bytes_; }
  bool internal() const override { return true; }

 private:
  const std::shared_ptr<LiveQueue> from_;
  const std::vector<Message> messages_;
  const QueueId to_;
  Done done_;
  std::size_t bytes_ = 0;
  Status status_ = Ok();
};

}  // namespace millrace::engine
