// Writer is the one thread that changes a data directory: it executes queued requests in groups and commits each group
// with one batch and one sync.
//
// Threads:   Submit and Stop are thread-safe; a request's Execute and Complete run on the writer thread.
// Ownership: owns queued requests until they are completed; store, clock outlive it.
// Failure:   after a failed commit, that group and everything behind it is completed with Unavailable.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/published.h"
#include "base/thread.h"
#include "engine/catalogue.h"
#include "engine/engine.h"
#include "engine/layout.h"
#include "store/store.h"

namespace millrace::engine {

class Group;

// Something of which several requests of a group change a part, and which has to say so once per group.
class GroupPart {
 public:
  virtual ~GroupPart() = default;
  // Stages rows that sum up what the requests staged.
  virtual void BeforeCommit(Group& group) = 0;
  // Everything is committed, and its requests are about to be completed.
  virtual void AfterCommit() = 0;
};

// The state that a request executes against: what is committed, and what this group has done so far.
class Group {
 public:
  // `requests` is about how many items it will write. `batch` is empty and outlives the group.
  Group(store::Store& store, store::Batch& batch, std::shared_ptr<const Catalogue> catalogue, SequenceNumber last,
        std::int64_t now_ms, std::size_t requests);

  std::int64_t now_ms() const { return now_ms_; }
  SequenceNumber last() const { return last_; }
  SequenceNumber NextSequence() { return last_ = SequenceNumber(last_.value() + 1); }

  const Catalogue& catalogue() const { return changed_ ? *changed_ : *published_; }
  // A copy to change; published with the commit.
  Catalogue& MutableCatalogue();

  // The stored bytes of an item. An error is the store's.
  Result<std::optional<std::string>> Item(const std::string& store_key) const;
  // Key and bytes are referred to, not copied: they must live until the group is committed.
  void PutItem(const std::string& store_key, const std::string& bytes);
  void DeleteItem(const std::string& store_key);
  void DeleteItems(const ItemRange& range);
  // Rows outside the item space. They alone do not ask for a sync: see RequireSync.
  void PutRow(store::Space space, std::string_view key, std::string_view value);
  void DeleteRow(store::Space space, std::string_view key);
  void DeleteRows(store::Space space, std::string_view begin, std::string_view end);
  Result<std::optional<std::string>> Row(store::Space space, std::string_view key) const;

  // Rows that no request reads through the group: they are not kept for it.
  void PutBlind(store::Space space, std::string_view key, std::string_view value);
  void DeleteBlind(store::Space space, std::string_view key);
  void Join(std::shared_ptr<GroupPart> part);

  void Count(const Table& table, std::int64_t items, std::int64_t bytes);
  void ForgetCounts(TableId table) { deltas_.erase(table); }
  void AppendLog(const Log& log, ShardNumber shard, SequenceNumber sequence, std::string_view value);
  void Touch(LogId log) { touched_.insert(log); }
  void RequireSync() { sync_ = true; }

 private:
  friend class Writer;

  struct Delta {
    std::shared_ptr<TableCounters> counters;
    std::int64_t items = 0;
    std::int64_t bytes = 0;
  };

  store::Store& store_;
  const std::shared_ptr<const Catalogue> published_;
  std::unique_ptr<Catalogue> changed_;
  store::Batch& batch_;
  SequenceNumber last_;
  const std::int64_t now_ms_;
  bool sync_ = false;
  bool written_ = false;
  std::unordered_map<std::string_view, const std::string*> overlay_;  // null: deleted
  std::vector<ItemRange> deleted_ranges_;
  std::map<std::pair<store::Space, std::string>, std::optional<std::string>> rows_;
  std::map<TableId, Delta> deltas_;
  std::set<LogId> touched_;
  std::vector<std::shared_ptr<GroupPart>> parts_;  // each once
};

// What is left of a completed request may be destroyed on any thread.
class QueuedRequest {
 public:
  virtual ~QueuedRequest() = default;
  // Stages all of the request's effects, or none.
  virtual void Execute(Group& group) = 0;
  virtual void Complete(const Status& commit) = 0;
  virtual std::size_t bytes() const = 0;
  // Not refused when the queue is full: whoever makes it bounds how much there is.
  virtual bool internal() const { return false; }
};

class Writer {
 public:
  Writer(const EngineOptions& options, store::Store& store, Clock& clock, Published<Catalogue>& catalogue,
         SequenceNumber last);
  ~Writer() { Stop(); }

  void Start();
  void Stop();

  // Completes the request at once with an error if the queue is full or the writer stopped.
  void Submit(std::unique_ptr<QueuedRequest> request);
  // The same for who holds a lock: a refused request stays with the caller, and is not completed.
  Status TrySubmit(std::unique_ptr<QueuedRequest>& request);

  SequenceNumber committed() const { return SequenceNumber(committed_.load(std::memory_order_acquire)); }
  Status Health() const;

  std::uint64_t AddListener(LogId log, Engine::CommitListener listener);
  void RemoveListener(std::uint64_t id);

 private:
  void Run();
  void RunGroup(std::vector<std::unique_ptr<QueuedRequest>>& requests);
  void DropFinished(std::vector<std::unique_ptr<QueuedRequest>>& group);
  Status Commit(Group& group);
  void Fail(const Error& error);
  void Notify(const std::set<LogId>& touched);

  const EngineOptions options_;
  store::Store& store_;
  Clock& clock_;
  Published<Catalogue>& catalogue_;
  std::atomic<std::uint64_t> committed_;
  Thread thread_;

  // Confined to the writer thread.
  std::int64_t last_time_ms_ = 0;
  std::unique_ptr<store::Batch> batch_;  // of the group at hand; its memory serves the next one

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::unique_ptr<QueuedRequest>> queue_;  // guarded by mutex_
  std::size_t queue_bytes_ = 0;                        // guarded by mutex_
  // Completed. While requests keep coming, the threads that bring them destroy one or two of these each: memory that
  // goes back to the kind of thread that took it is taken again from that thread's own cache.
  std::vector<std::unique_ptr<QueuedRequest>> finished_;  // guarded by mutex_
  bool waiting_ = false;                                  // guarded by mutex_: the thread sleeps
  bool stopping_ = false;                                 // guarded by mutex_
  std::optional<Error> failure_;                          // guarded by mutex_

  struct Listener {
    LogId log;
    Engine::CommitListener call;
  };
  std::mutex listeners_mutex_;
  std::map<std::uint64_t, Listener> listeners_;  // guarded by listeners_mutex_
  std::uint64_t next_listener_ = 1;              // guarded by listeners_mutex_
};

}  // namespace millrace::engine
