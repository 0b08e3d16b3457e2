// Subscription::Machine is a subscription's state and its steps. See subscription.h for what it promises.
//
// machine.cc: life, reading, the watermark. delivery.cc: batches and their reports. parking.cc: keys that wait.
// receiving.cc: what is different when the source is a queue.
//
// A record of a queue is done when it is acknowledged or given back: there is no watermark and no checkpoint. One that
// fails is not kept waiting in memory or parked but given back, with the back-off as its delay and all that is behind
// it.
//
// Threads:   one mutex guards everything that changes; it is not held while the log, the store, the target, a function
//            of the options or an observer is called. Steps (Step and what it calls) run one at a time.
#pragma once

#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "flow/parked_record.h"
#include "flow/subscription.h"

namespace millrace::flow {

class Subscription::Machine final : public FeedMember, public std::enable_shared_from_this<Machine> {
 public:
  // One of `feed` and `queue` is null.
  Machine(SubscriptionOptions options, Feed* feed, Queue* queue, Target& target, StateStore& store, Executor& executor,
          Random& random, SubscriptionObserver observer);

  Status Start();
  void Stop();
  Status SetPaused(bool paused);
  Status Seek(const flow::Start& start);
  Result<std::vector<DeadLetter>> DeadLetters(std::uint64_t after, std::size_t letters_max);
  enum class Way { kRedrive, kDrop };
  Result<std::size_t> Remove(const std::vector<std::uint64_t>& numbers, Way way);
  Status AwaitStored();

  const std::string& name() const { return options_.id.name; }
  SubscriptionState state() const;
  std::optional<Error> error() const;
  SubscriptionStats stats() const;
  Result<SubscriptionLag> Lag(std::size_t records_max) const;
  Position position() const;

  bool Take(MemberId id, Offer offer) override;
  void Pass(MemberId id, const Position& position) override;

 private:
  using Lock = std::unique_lock<std::mutex>;
  struct Lane;

  // A record that was read and is not done: in the window, or loaded from the parking.
  struct Entry {
    enum class State : std::uint8_t {
      kWaiting,   // for its turn in its lane
      kInFlight,  // part of a batch
      kStoring,   // its row is being written: it is done then
      kBlocked,   // the parking is full
      kDone,
    };
    SharedRecord record;
    Lane* lane = nullptr;
    Entry* next = nullptr;     // in its lane
    std::uint64_t number = 0;  // in the order of admission
    std::size_t bytes = 0;
    std::size_t batch_max = SIZE_MAX;  // a smaller batch finds out who is at fault
    State state = State::kWaiting;
    std::uint32_t attempts = 0;
    std::optional<std::uint64_t> arrival;  // of its row, if it was loaded from the parking
    MonoTime admitted;
    // Where the watermark stands once this and all before it are done, when that is more than the record's own place.
    std::optional<Position> behind;
    std::list<Entry>::iterator self;
  };

  // The undelivered records of one key, in order. Kept while there are any, or the key is parked.
  struct Lane {
    enum class Mode : std::uint8_t {
      kFlowing,  // its records go from the window to the target
      kParked,   // they go from the window to the parking, and from there to the target
      kHeld,     // they stay there until a dead letter is redriven or dropped
    };
    const std::string* key = nullptr;
    Entry* head = nullptr;
    Entry* tail = nullptr;
    Mode mode = Mode::kFlowing;
    bool in_batch = false;                        // some of its entries are in flight
    bool waiting = false;                         // for its next try
    bool listed = false;                          // in ready_
    bool loading = false;                         // in to_load_, or rows are being read
    std::uint64_t first_arrival = kFirstArrival;  // no row has a lower one
    std::uint64_t next_arrival = kFirstArrival;
    std::uint64_t load_from = kFirstArrival;  // rows before it are loaded or gone
    std::size_t rows = 0;                     // parked and undelivered, those loaded and being stored included
    std::size_t storing = 0;
    std::size_t fronting = 0;          // rows being stored in front: nothing is loaded until they are there
    std::size_t held_by = 0;           // dead letters
    std::deque<Entry*> overflow;       // blocked by the limits
    std::vector<DeadLetter> redriven;  // when its batch has come back
  };

  struct Batch {
    std::vector<Entry*> entries;      // in the order of admission
    std::vector<std::size_t> places;  // of each: its index in `records`, or kSkipped
    std::vector<Record> records;      // as delivered
    std::vector<StateRow> state;
    std::optional<Position> position;  // that `state` stores
    std::optional<Error> rejected;     // the transform refused the first entry behind the last place
    static constexpr std::size_t kSkipped = SIZE_MAX;
  };

  // A row that waits to be written, encoded outside the lock.
  struct PendingRow {
    std::string key = {};
    SharedRecord record = {};  // null: the row is deleted
    std::uint64_t arrival = 0;
    std::uint32_t attempts = 0;
    std::string reason = {};
    std::optional<DeadLetter> letter = {};
    Entry* entry = nullptr;            // done when the row is stored
    Lane* lane = nullptr;              // counts it among its `storing`
    Lane* front_of = nullptr;          // counts it among its `fronting`
    bool with_next = false;            // in one write with the next row
    std::uint64_t removed_letter = 0;  // what the row deletes
  };

  // machine.cc
  void Schedule();
  void Step();
  void ScheduleSave();
  bool ReadMore(Lock& lock);
  bool AdmitOffers(Lock& lock);
  std::vector<char> Filter(const std::vector<SharedRecord>& records) const;
  void Admit(std::vector<SharedRecord> records, const std::vector<char>& passed, const Position& next);
  void Append(Lane& lane, Entry& entry);
  Lane& LaneOf(const std::string& key);
  void LeaveFeed(Lock& lock);
  void SettleDown(Lock& lock);
  void AdvanceWatermark();
  void SaveCheckpoint(Lock& lock);
  Checkpoint CheckpointNow() const;
  void Fail(Error error);
  bool Stalled() const { return stopping_ || seeking_ || state_ == SubscriptionState::kFailed; }
  void FinishAtEnd(Lock& lock);
  bool Quiet() const { return !running_ && in_flight_ == 0 && writes_ == 0 && !saving_ && !receiving_; }
  bool Flush(Lock& lock);
  std::size_t Room() const;

  // delivery.cc
  bool WriteMore(Lock& lock);
  std::optional<Batch> NextBatch();
  std::optional<Batch> NextFromWindow();
  bool Due(std::size_t available, std::size_t wanted);
  void Transform(Batch& batch) const;
  void Prepare(Batch& batch);
  void OnWritten(const std::shared_ptr<Batch>& batch, WriteReport report);
  void Settle(Batch& batch, const WriteReport& report, std::vector<Lane*>& failing);
  void Finish(Entry& entry, bool row_deleted);
  void Release(Lane& lane);
  void Enlist(Lane& lane);
  void OpenBreaker(std::chrono::milliseconds wait);
  std::chrono::milliseconds Backoff(std::uint32_t attempts);
  void Retry(Lane& lane, std::chrono::milliseconds wait);
  bool Expired(const Entry& entry) const;

  // parking.cc
  Status LoadParking();
  Status CollectStoredIds();
  bool LoadRows(Lock& lock);
  bool CanPark(const Lane& lane, const Entry& entry) const;
  void StoreBehind(Lane& lane, Entry& entry);
  void Park(Lane& lane);
  void Unload(Lane& lane);
  void Bury(Entry& entry, DeadReason reason, std::string cause);
  void PutBack(Lane& lane, const DeadLetter& letter);
  void Unblock();
  void EraseIfIdle(Lane& lane);
  bool FlushRows(Lock& lock);
  std::size_t NextRows() const;
  void SendLetter(std::vector<PendingRow> pending);
  void OnRowsWritten(const std::vector<PendingRow>& rows, const Status& written);

  // receiving.cc
  void WatchQueue();
  bool ReceiveMore(Lock& lock);
  bool AdmitReceived(Lock& lock);
  void Discharge(Entry& entry);
  void GiveBack(Lane& lane, std::chrono::milliseconds delay);
  void GiveBackAll();
  bool FlushReceipts(Lock& lock);
  void ScheduleExtension();

  const SubscriptionOptions options_;
  const std::string checkpoint_key_;
  const std::string settings_key_;
  const std::string parked_prefix_;
  const std::string dead_prefix_;
  Feed* const feed_;
  Log* const log_;      // the feed's
  Queue* const queue_;  // or this
  Target& target_;
  const bool commits_state_;
  StateStore& store_;
  Executor& executor_;
  Random& random_;
  const SubscriptionObserver observer_;

  mutable std::mutex mutex_;
  std::condition_variable quiet_;
  // Everything below is guarded by mutex_.
  SubscriptionState state_ = SubscriptionState::kStarting;
  std::optional<Error> error_;
  SubscriptionStats stats_;
  bool running_ = false;    // a step runs
  bool again_ = false;      // something happened during it
  bool scheduled_ = false;  // a step is posted
  bool stopping_ = false;
  bool seeking_ = false;
  bool finished_ = false;
  bool paused_ = false;

  MemberId member_ = 0;         // 0: not in the feed, reads for itself
  MemberId newest_member_ = 0;  // the last one it was
  bool joining_ = false;
  bool read_wait_ = false;
  std::deque<Offer> inbox_;
  std::size_t inbox_records_ = 0;
  std::size_t inbox_bytes_ = 0;
  Position read_;      // how far it has been read, the inbox included
  Position admitted_;  // how far the window has been filled
  Position done_;      // the watermark
  Position saved_;     // the stored watermark
  bool saving_ = false;
  bool delivered_ = false;  // something that no save covers
  bool save_timer_ = false;

  bool receiving_ = false;
  std::uint64_t news_ = 1;        // calls of the queue's watcher
  std::uint64_t news_taken_ = 0;  // of them, before the last receive that found its end
  std::deque<std::vector<SharedRecord>> received_;
  std::vector<std::string> acknowledged_;  // receipts, to be written
  std::vector<Returned> returned_;
  bool extension_timer_ = false;
  std::uint64_t watch_ = 0;

  std::list<Entry> window_;
  std::size_t window_bytes_ = 0;
  std::list<Entry> loaded_;
  std::size_t waiting_ = 0;  // entries in lanes that are free to go
  std::uint64_t next_number_ = 1;
  std::unordered_map<std::string, Lane> lanes_;
  std::deque<Lane*> ready_;
  bool window_timer_ = false;
  std::size_t in_flight_ = 0;  // batches

  bool down_ = false;  // the breaker is open: the target is left alone until a timer
  bool probing_ = false;
  std::uint32_t down_attempts_ = 0;
  std::set<std::string> failed_keys_;  // since the last success

  std::deque<Lane*> to_load_;
  std::size_t parked_records_ = 0;
  std::size_t parked_bytes_ = 0;
  std::set<Lane*> overflowing_;
  std::uint64_t next_letter_ = 1;
  std::size_t letters_ = 0;
  std::set<std::pair<std::string, std::string>> beyond_;  // shards and offsets that the loaded checkpoint had done
  std::unordered_set<std::string> stored_ids_;            // what was parked or buried before this run
  std::unordered_set<std::uint64_t> removing_;            // letters redriven or dropped whose rows are still there
  std::vector<PendingRow> rows_;
  bool letter_wait_ = false;       // the failure destination did not take the letter that comes next
  std::size_t writes_ = 0;         // of rows, under way
  std::uint64_t rows_taken_ = 0;   // from rows_, to be written; in order
  std::uint64_t rows_stored_ = 0;  // of them
};

}  // namespace millrace::flow
