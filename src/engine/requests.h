// The requests that the engine queues for its writer: item writes, log appends, state rows, and changes of the
// catalogue.
//
// Threads: made on the calling thread, run on the writer thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>

#include "engine/engine.h"
#include "engine/writer.h"

namespace millrace::engine {

// Remembers, by a hash of its key, the last sequence number that changed an item; so the writer knows which of the
// decisions that request threads made are still about the current state. Collisions cost a second look, no more.
//
// Threads: confined to the writer.
class RecentWrites {
 public:
  void Mark(std::size_t key_hash, SequenceNumber sequence) { slots_[key_hash % kSlots] = sequence; }
  bool ChangedSince(std::size_t key_hash, SequenceNumber observed) const {
    return slots_[key_hash % kSlots] > observed;
  }
  // After a change that is not about single items.
  void MarkAll(SequenceNumber sequence) { std::ranges::fill(slots_, sequence); }

 private:
  static constexpr std::size_t kSlots = 1 << 16;
  std::vector<SequenceNumber> slots_ = std::vector<SequenceNumber>(kSlots);
};

class ItemRequest final : public QueuedRequest {
 public:
  ItemRequest(ItemWriteRequest request, WriteDone done, RecentWrites& recent, std::chrono::milliseconds token_lifetime);

  // Calling thread: reads the items and decides, against a state not older than `observed`.
  Status Prepare(const store::Store& store, SequenceNumber observed);

  void Execute(Group& group) override;
  void Complete(const Status& commit) override;
  std::size_t bytes() const override { return bytes_; }

 private:
  struct Prepared {
    std::string store_key;
    std::size_t hash = 0;
    ItemOutcome outcome;
  };

  Status Run(Group& group);
  Status Refresh(Group& group, std::size_t index);
  void Stage(Group& group, std::size_t index);
  // True if this token's transaction has succeeded before.
  Result<bool> Replayed(Group& group) const;

  ItemWriteRequest request_;
  WriteDone done_;
  RecentWrites& recent_;
  const std::int64_t token_lifetime_ms_;
  SequenceNumber observed_;
  std::vector<Prepared> prepared_;
  std::size_t bytes_ = 0;
  Status status_ = Ok();
  bool replayed_ = false;
};

class AppendQueued final : public QueuedRequest {
 public:
  AppendQueued(AppendRequest request, Engine::AppendDone done);
  void Execute(Group& group) override;
  void Complete(const Status& commit) override;
  std::size_t bytes() const override { return bytes_; }

 private:
  AppendRequest request_;
  Engine::AppendDone done_;
  std::size_t bytes_ = 0;
  Status status_ = Ok();
  SequenceNumber last_;
};

class StateQueued final : public QueuedRequest {
 public:
  StateQueued(std::vector<StateRow> rows, Engine::StateDone done);
  void Execute(Group& group) override;
  void Complete(const Status& commit) override { std::exchange(done_, nullptr)(commit); }
  std::size_t bytes() const override { return bytes_; }
  bool internal() const override { return true; }

 private:
  std::vector<StateRow> rows_;
  Engine::StateDone done_;
  std::size_t bytes_ = 0;
};

// Runs `change` on the writer thread and lets a calling thread wait for its commit.
class SchemaQueued final : public QueuedRequest {
 public:
  class Waiter {
   public:
    Status Wait();
    void Answer(const Status& status);

   private:
    std::mutex mutex_;
    std::condition_variable ready_;
    std::optional<Status> status_;  // guarded by mutex_
  };

  SchemaQueued(std::function<Status(Group&)> change, std::shared_ptr<Waiter> waiter)
      : change_(std::move(change)), waiter_(std::move(waiter)) {}
  void Execute(Group& group) override;
  void Complete(const Status& commit) override;
  std::size_t bytes() const override { return 1024; }

 private:
  std::function<Status(Group&)> change_;
  std::shared_ptr<Waiter> waiter_;
  Status status_ = Ok();
};

void StageStateRows(Group& group, const std::vector<StateRow>& rows);

}  // namespace millrace::engine
