// QueueService is the Queues of an engine: it finds the queue that is meant and lets it do the work.
//
// Threads:   thread-safe after Load. Timer and writer call back into it.
// Ownership: the engine's; what it is made of outlives it. Stop before the writer goes away.
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "base/published.h"
#include "engine/live_queue.h"
#include "engine/queues.h"
#include "engine/schema.h"

namespace millrace::engine {

class QueueService final : public Queues {
 public:
  QueueService(store::Store& store, Clock& clock, Random& random, Schema& schema, Published<Catalogue>& catalogue,
               Writer& writer);

  // Before the writer starts: gives the queues of the catalogue their live parts.
  Status Load(SequenceNumber last);
  void Stop() { timer_.Stop(); }
  // Removes expired messages and forgets old deduplication ids.
  Status Maintain();

  Result<std::shared_ptr<const Queue>> Create(const CreateQueueRequest& request) override;
  Result<std::shared_ptr<const Queue>> Update(QueueId id, Change change) override;
  Status Remove(QueueId id) override;
  Status Purge(QueueId id) override;
  void Send(SendRequest request, SendDone done) override;
  void Receive(ReceiveRequest request, ReceiveDone done) override;
  void Delete(QueueId id, std::vector<std::string> receipts, ReceiptsDone done) override;
  void ChangeVisibility(QueueId id, std::vector<VisibilityChange> changes, ReceiptsDone done) override;
  void Move(QueueId from, std::vector<std::string> receipts, QueueId to, ReceiptsDone done) override;
  Result<QueueCounts> Counts(QueueId id) override;
  std::uint64_t AddListener(QueueId id, Listener listener) override;
  void RemoveListener(std::uint64_t id) override;
  std::optional<std::int64_t> NextDueMs() const override;
  void Tick() override;

 private:
  Result<std::shared_ptr<const Queue>> Find(QueueId id) const;
  // On the writer thread; waits for the commit.
  Status Commit(std::function<Status(Group&)> change);

  store::Store& store_;
  Clock& clock_;
  Random& random_;
  Schema& schema_;
  Published<Catalogue>& catalogue_;
  Writer& writer_;
  QueueTimer timer_;

  std::mutex listeners_mutex_;
  std::uint64_t next_listener_ = 1;                                // guarded by listeners_mutex_
  std::map<std::uint64_t, std::shared_ptr<LiveQueue>> listeners_;  // guarded by listeners_mutex_: whose it is
};

}  // namespace millrace::engine
