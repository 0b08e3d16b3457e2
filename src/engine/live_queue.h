// LiveQueue is the part of a queue that lives: what is in it, who holds what, and who waits for more.
//
// Who receives, deletes or changes a lease decides on the calling thread, under the queue's mutex, which is never held
// during a read of the store; the rows that say so go to the writer in the order of the decisions. Messages that nobody
// received yet are read from the store when it is their turn.
//
// Threads:   thread-safe; the Stage functions and the two of GroupPart are confined to the writer.
// Ownership: shared by the catalogue's versions and by requests under way. Clock, store and writer outlive its use.
// Failure:   as engine/queues.h.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "engine/queue_index.h"
#include "engine/queue_timer.h"
#include "engine/writer.h"
#include "store/store.h"

namespace millrace::engine {

// What all queues of an engine stand on.
struct LiveQueueParts {
  store::Store& store;
  Clock& clock;
  Random& random;
  Writer& writer;
  QueueTimer& timer;
};

class LiveQueue final : public GroupPart, public std::enable_shared_from_this<LiveQueue> {
 public:
  LiveQueue(const LiveQueueParts& parts, ScopeId scope, QueueId id, std::string arn, bool fifo);

  // Before the writer starts: what the store has of it. `last`: the last sequence number.
  Status Load(SequenceNumber last);

  QueueId id() const { return id_; }
  const std::string& arn() const { return arn_; }

  // `catalogue`: to find the dead-letter queue in.
  void Receive(const QueueSettings& settings, const Catalogue& catalogue, const ReceiveRequest& request,
               Queues::ReceiveDone done);
  void Delete(const std::vector<std::string>& receipts, Queues::ReceiptsDone done);
  void ChangeVisibility(const std::vector<VisibilityChange>& changes, Queues::ReceiptsDone done);
  void Move(const std::vector<std::string>& receipts, QueueId to, Queues::ReceiptsDone done);
  // Removes up to `max` messages whose time is over. True if there may be more.
  Result<bool> RemoveExpired(const QueueSettings& settings, std::size_t max);

  Result<QueueCounts> Counts();
  void AddListener(std::uint64_t listener, Queues::Listener call);
  void RemoveListener(std::uint64_t listener);
  // When something ends that listeners wait for.
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  std::int64_t next_due_ms() const { return next_due_ms_.load(std::memory_order_relaxed); }
  void Tick();

  // For requests on the writer thread.
  bool Holds(SequenceNumber sequence) const { return !ended_ && sequence > purged_; }
  bool ended() const { return ended_; }
  // `value` is complete and stays until the group is committed.
  void StageMessage(Group& group, SequenceNumber sequence, const std::shared_ptr<const std::string>& value,
                    const StoredMessage& message);
  void StageLease(Group& group, SequenceNumber sequence, const Lease& lease);
  // False if it is gone with all others.
  bool StageRemoval(Group& group, SequenceNumber sequence);
  // The claimed message goes back into the line.
  void StageReturn(Group& group, SequenceNumber sequence);
  void StagePurge(Group& group);
  void StageEnd(Group& group);  // of the queue
  void BeforeCommit(Group& group) override;
  void AfterCommit() override;

 private:
  struct ReceiveOperation;
  // What the group at hand does to the index once it is committed.
  struct Pending {
    struct Message {
      SequenceNumber sequence;
      std::int64_t sent_ms = 0;
      std::int64_t delayed_until_ms = 0;
      std::string_view group;  // into the value
      std::shared_ptr<const std::string> value;
    };
    std::vector<Message> messages;
    std::vector<SequenceNumber> removed;
    std::vector<SequenceNumber> returned;
    bool purged = false;
  };

  // Reads ahead, from the store into the index, as long as `wanted` says so under the mutex.
  Status Fill(const std::function<bool()>& wanted);
  bool AtEndLocked() const { return cursor_ >= last_sent_; }
  Result<std::optional<std::string>> ReadMessage(std::uint64_t sequence) const;
  // Sends a request to the writer, in the order of decisions. REQUIRES: mutex_ is held.
  Status SubmitLocked(std::unique_ptr<QueuedRequest>& request) { return parts_.writer.TrySubmit(request); }
  void PublishDueLocked();
  void Notify();
  void MoveAway(std::vector<std::uint64_t> sequences, QueueId to, bool redrive, std::function<void(Status)> done);
  SequenceNumber FrontLocked() const;
  void InsertSentLocked(const Pending::Message& message);
  Status LoadLeases();
  // FIFO: what was received under this name, held until `visible_ms` now. False: it is a new receive.
  bool RepeatLocked(const std::string& attempt, std::int64_t now_ms, std::int64_t visible_ms,
                    std::vector<QueueIndex::Picked>& leased);
  void RememberLocked(const std::string& attempt, std::int64_t now_ms, const std::vector<QueueIndex::Picked>& leased);

  const LiveQueueParts parts_;
  const ScopeId scope_;
  const QueueId id_;
  const std::string arn_;
  const bool fifo_;

  // Confined to the writer.
  StoredCounts counts_;  // as staged
  SequenceNumber purged_;
  bool ended_ = false;
  Pending pending_;

  std::mutex fill_mutex_;  // one reads ahead at a time; taken before mutex_

  mutable std::mutex mutex_;
  QueueIndex index_;                              // guarded by mutex_
  SequenceNumber cursor_;                         // guarded by mutex_: messages up to it are in the index, or gone
  SequenceNumber last_sent_;                      // guarded by mutex_: nothing is behind it
  SequenceNumber loaded_;                         // what was sent up to then has been read from the store only
  SequenceNumber gone_;                           // guarded by mutex_: messages up to it were purged
  std::uint64_t messages_ = 0;                    // guarded by mutex_: committed
  bool watched_ = false;                          // guarded by mutex_: there are listeners
  std::map<SequenceNumber, Lease> found_leases_;  // guarded by mutex_: while loading
  // Guarded by mutex_: what was inserted behind the cursor, so that reading ahead does not insert it again.
  std::set<SequenceNumber> ahead_;
  // A receive that may be repeated.
  struct Attempt {
    std::int64_t time_ms = 0;
    std::vector<QueueIndex::Picked> leased;  // without the messages
  };
  std::map<std::string, Attempt> attempts_;                          // guarded by mutex_
  std::deque<std::pair<std::int64_t, std::string>> attempts_order_;  // guarded by mutex_: oldest first
  bool filling_ = false;                                             // guarded by mutex_: somebody reads ahead
  std::vector<SequenceNumber> gone_ahead_;  // guarded by mutex_: of ahead_, removed since they read

  std::atomic<std::int64_t> next_due_ms_{kNever};

  std::mutex listeners_mutex_;
  std::map<std::uint64_t, Queues::Listener> listeners_;  // guarded by listeners_mutex_
};

}  // namespace millrace::engine
