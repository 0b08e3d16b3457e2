#include "flow/subscription.h"

#include <deque>
#include <list>
#include <set>
#include <unordered_map>

#include "base/check.h"
#include "base/log.h"

namespace millrace::flow {

std::string_view SubscriptionStateName(SubscriptionState state) {
  switch (state) {
    case SubscriptionState::kStarting:
      return "starting";
    case SubscriptionState::kRunning:
      return "running";
    case SubscriptionState::kBackingOff:
      return "backing off";
    case SubscriptionState::kFailed:
      return "failed";
    case SubscriptionState::kStopped:
      return "stopped";
  }
  return "unknown";
}

class Subscription::Machine : public std::enable_shared_from_this<Machine> {
 public:
  Machine(SubscriptionOptions options, Log& log, Target& target, CheckpointStore& checkpoints, Executor& executor,
          Random& random, SubscriptionObserver observer)
      : options_(std::move(options)),
        state_key_(options_.id.StateKey()),
        log_(log),
        target_(target),
        checkpoints_(checkpoints),
        executor_(executor),
        random_(random),
        observer_(std::move(observer)) {}

  Status Start();
  void Stop();

  SubscriptionState state() const {
    std::lock_guard lock(mutex_);
    return state_;
  }
  std::optional<Error> error() const {
    std::lock_guard lock(mutex_);
    return error_;
  }
  SubscriptionStats stats() const {
    std::lock_guard lock(mutex_);
    SubscriptionStats stats = stats_;
    stats.window = window_.size();
    return stats;
  }

 private:
  // A record between reading and the watermark.
  struct Entry {
    Record record;
    std::size_t bytes = 0;
    bool done = false;
    std::uint32_t attempts = 0;
    // Where the watermark stands once this and all before it are done, when that is more than the record's own place.
    std::optional<Position> behind;
  };
  using EntryRef = std::list<Entry>::iterator;

  // The undelivered records of one key, in order; the first may be in flight or waiting for its next try.
  struct Lane {
    std::deque<EntryRef> entries;
    bool busy = false;
  };

  struct Batch {
    std::vector<Record> records;
    std::vector<EntryRef> entries;
    std::optional<CheckpointRow> checkpoint;
    std::optional<Position> checkpoint_position;
  };

  void Schedule();
  void Step();
  bool ReadMore(std::unique_lock<std::mutex>& lock);
  bool WriteMore(std::unique_lock<std::mutex>& lock);
  void Admit(LogBatch batch);
  std::optional<Batch> NextBatch();
  void OnWritten(const std::shared_ptr<Batch>& batch, WriteReport report);
  void AdvanceWatermark();
  void SaveCheckpoint(std::unique_lock<std::mutex>& lock);
  void Fail(Error error);
  std::chrono::milliseconds Backoff(std::uint32_t attempts);
  void WakeAfter(std::chrono::milliseconds delay);
  bool Quiet() const { return !running_ && in_flight_ == 0 && !saving_; }

  const SubscriptionOptions options_;
  const std::string state_key_;
  Log& log_;
  Target& target_;
  CheckpointStore& checkpoints_;
  Executor& executor_;
  Random& random_;
  const SubscriptionObserver observer_;
  std::uint64_t watch_ = 0;

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
  bool woken_ = true;  // the log may have more
  Position read_;      // how far it has been read
  Position done_;      // the watermark
  Position saved_;     // the stored watermark
  bool saving_ = false;
  bool delivered_ = false;  // something that no save covers
  bool save_timer_ = false;
  std::list<Entry> window_;
  std::size_t window_bytes_ = 0;
  std::unordered_map<std::string, Lane> lanes_;
  std::deque<std::string> ready_;  // keys whose lane is not busy and has entries
  std::size_t in_flight_ = 0;      // batches
  std::uint32_t down_attempts_ = 0;
  bool down_ = false;  // the target is left alone until a timer clears it
};

Status Subscription::Machine::Start() {
  ASSIGN_OR_RETURN(const auto stored, checkpoints_.Load(state_key_));
  if (stored) {
    ASSIGN_OR_RETURN(const Checkpoint checkpoint, Checkpoint::Decode(*stored));
    read_ = done_ = saved_ = checkpoint.position;
  } else {
    ASSIGN_OR_RETURN(read_, log_.Resolve(options_.start));
    done_ = saved_ = read_;
    // "Latest" must mean this moment also after a crash, so the place is stored before anything is promised.
    std::mutex mutex;
    std::condition_variable ready;
    std::optional<Status> result;
    checkpoints_.Save(state_key_, Checkpoint{.position = read_}.Encode(), [&](Status status) {
      std::lock_guard lock(mutex);
      result = std::move(status);
      ready.notify_one();
    });
    std::unique_lock lock(mutex);
    ready.wait(lock, [&] { return result.has_value(); });
    TRY(*result);
  }
  TRY(target_.Open());
  {
    std::lock_guard lock(mutex_);
    state_ = SubscriptionState::kRunning;
  }
  watch_ = log_.Watch([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    {
      std::lock_guard lock(self->mutex_);
      self->woken_ = true;
    }
    self->Schedule();
  });
  Schedule();
  return Ok();
}

void Subscription::Machine::Stop() {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  if (watch_ != 0) log_.Unwatch(watch_);
  std::unique_lock lock(mutex_);
  quiet_.wait(lock, [&] { return Quiet(); });
  if (state_ != SubscriptionState::kFailed && done_ != saved_) {
    SaveCheckpoint(lock);
    quiet_.wait(lock, [&] { return Quiet(); });
  }
  state_ = SubscriptionState::kStopped;
}

void Subscription::Machine::Schedule() {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    if (running_) {
      again_ = true;
      return;
    }
    if (std::exchange(scheduled_, true)) return;
  }
  executor_.Post([self = shared_from_this()] { self->Step(); });
}

void Subscription::Machine::Step() {
  std::unique_lock lock(mutex_);
  scheduled_ = false;
  if (running_ || stopping_ || state_ == SubscriptionState::kFailed) return;
  running_ = true;
  do {
    again_ = false;
    bool progress = true;
    while (progress && !stopping_ && state_ != SubscriptionState::kFailed) {
      progress = WriteMore(lock);
      if (!stopping_ && state_ != SubscriptionState::kFailed) progress |= ReadMore(lock);
    }
    // With nothing under way a delivery is saved at once, so that a crash in a quiet moment repeats nothing; under
    // load, and for records that were only passed over, one save covers many.
    if (delivered_ && done_ != saved_ && !saving_ && !stopping_ && window_.empty()) {
      SaveCheckpoint(lock);
    } else if (done_ != saved_ && !saving_ && !save_timer_ && !stopping_) {
      save_timer_ = true;
      executor_.PostAfter(options_.checkpoint_interval, [self = shared_from_this()] {
        std::unique_lock timer_lock(self->mutex_);
        self->save_timer_ = false;
        if (!self->stopping_ && !self->saving_ && self->done_ != self->saved_) self->SaveCheckpoint(timer_lock);
      });
    }
  } while (again_ && !stopping_);
  running_ = false;
  quiet_.notify_all();
}

bool Subscription::Machine::ReadMore(std::unique_lock<std::mutex>& lock) {
  if (!woken_ || down_) return false;
  if (window_.size() >= options_.window_records_max || window_bytes_ >= options_.window_bytes_max) return false;
  woken_ = false;
  const ReadLimits limits{.records_max = std::min<std::size_t>(1000, options_.window_records_max - window_.size())};
  const Position from = read_;
  lock.unlock();
  auto batch = log_.Read(from, limits);
  if (batch.ok()) {
    for (Record& record : batch->records) {
      if (options_.filter && !options_.filter(record)) {
        record.offset.clear();  // passed over; the batch's position covers it
        continue;
      }
      if (!options_.transform) continue;
      if (Status transformed = options_.transform(record); !transformed.ok()) {
        lock.lock();
        Fail(transformed.error().WithContext(fmt::format("record {} of {}", record.id, log_.name())));
        return false;
      }
    }
  }
  lock.lock();
  if (!batch.ok()) {
    if (IsRetryable(batch.error().code())) {
      log::Warn("{}: reading {} failed, trying again: {}", options_.id.name, log_.name(), batch.error().message());
      woken_ = true;
      WakeAfter(Backoff(3));
      // The timer wakes us; do not spin.
      down_ = true;
      return false;
    }
    Fail(batch.error().WithContext(log_.name()));
    return false;
  }
  const bool more = !batch->at_end;
  if (more) woken_ = true;
  Admit(*std::move(batch));
  return true;
}

void Subscription::Machine::Admit(LogBatch batch) {
  read_ = batch.next;
  stats_.read += batch.records.size();
  for (Record& record : batch.records) {
    if (record.offset.empty()) {
      ++stats_.filtered;
      continue;
    }
    Entry entry;
    entry.bytes = record.SizeBytes();
    entry.record = std::move(record);
    window_bytes_ += entry.bytes;
    window_.push_back(std::move(entry));
    const EntryRef ref = std::prev(window_.end());
    Lane& lane = lanes_[ref->record.order_key];
    lane.entries.push_back(ref);
    if (!lane.busy && lane.entries.size() == 1) ready_.push_back(ref->record.order_key);
  }
  if (window_.empty()) {
    done_ = read_;
  } else {
    window_.back().behind = read_;
  }
}

std::optional<Subscription::Machine::Batch> Subscription::Machine::NextBatch() {
  if (ready_.empty() || down_) return std::nullopt;
  const TargetTraits& traits = target_.traits();
  // A target that stores the checkpoint with the batch needs the batches in log order, one at a time.
  const bool serial = traits.commits_checkpoints;
  if (in_flight_ >= (serial ? 1 : options_.lanes_max)) return std::nullopt;
  const std::size_t records_max = std::min(options_.batch_records_max, traits.batch_records_max);
  Batch batch;
  std::size_t bytes = 0;
  const auto add = [&](EntryRef entry) {
    bytes += entry->bytes;
    batch.entries.push_back(entry);
    batch.records.push_back(entry->record);
  };
  const auto fits = [&](EntryRef entry) {
    return batch.entries.empty() ||
           (batch.entries.size() < records_max && bytes + entry->bytes <= traits.batch_bytes_max);
  };
  if (serial) {
    // Nothing is in flight, so the window holds only undelivered records, and its order is that of the log.
    Position position = done_;
    for (EntryRef entry = window_.begin(); entry != window_.end() && fits(entry); ++entry) {
      Lane& lane = lanes_[entry->record.order_key];
      if (lane.busy && batch.entries.empty()) return std::nullopt;  // waits for its next try
      add(entry);
      position.Set(entry->record.shard, entry->record.offset);
      if (entry->behind) position = *entry->behind;
    }
    for (const EntryRef entry : batch.entries) lanes_[entry->record.order_key].busy = true;
    ready_.clear();
    for (auto& [key, lane] : lanes_)
      if (!lane.busy && !lane.entries.empty()) ready_.push_back(key);
    batch.checkpoint = CheckpointRow{state_key_, Checkpoint{.position = position}.Encode()};
    batch.checkpoint_position = std::move(position);
    return batch;
  }
  const bool one_per_key = traits.kind == BatchKind::kPerEntry;
  std::size_t keys = ready_.size();
  while (keys-- > 0 && batch.entries.size() < records_max) {
    Lane& lane = lanes_[ready_.front()];
    if (!fits(lane.entries.front())) break;
    ready_.pop_front();
    lane.busy = true;
    add(lane.entries.front());
    for (std::size_t i = 1; !one_per_key && i < lane.entries.size() && fits(lane.entries[i]); ++i) add(lane.entries[i]);
    // A target that takes single records gets them side by side; keep the other keys for other batches.
  }
  return batch;
}

bool Subscription::Machine::WriteMore(std::unique_lock<std::mutex>& lock) {
  auto next = NextBatch();
  if (!next) return false;
  auto batch = std::make_shared<Batch>(*std::move(next));
  ++in_flight_;
  lock.unlock();
  target_.Write(batch->records, batch->checkpoint,
                [self = shared_from_this(), batch](WriteReport report) { self->OnWritten(batch, std::move(report)); });
  lock.lock();
  return true;
}

void Subscription::Machine::OnWritten(const std::shared_ptr<Batch>& batch, WriteReport report) {
  CHECK(report.entries.size() == batch->entries.size(), "a target reports on every record of its batch");
  std::chrono::milliseconds wait{0};
  std::optional<std::size_t> first_failed;
  bool came_up = false;
  {
    std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < batch->entries.size(); ++i) {
      const EntryRef entry = batch->entries[i];
      if (report.entries[i] == EntryOutcome::kTaken) {
        entry->done = true;
        delivered_ = true;
        ++stats_.delivered;
        Lane& lane = lanes_[entry->record.order_key];
        CHECK(lane.entries.front() == entry, "records of a key are done in order");
        lane.entries.pop_front();
      } else {
        if (!first_failed) first_failed = i;
        ++entry->attempts;
        ++stats_.retries;
      }
    }
    if (first_failed) {
      wait = Backoff(report.target_down ? ++down_attempts_ : batch->entries[*first_failed]->attempts);
      if (report.retry_after) wait = std::max(wait, *report.retry_after);
    }
    if (report.target_down && first_failed) {
      down_ = true;
      state_ = SubscriptionState::kBackingOff;
    } else if (down_attempts_ > 0 && !report.target_down) {
      down_attempts_ = 0;
      came_up = true;
    }
    // Keys that failed wait; the others are free at once. With the target down, all wait for the breaker.
    std::set<std::string> waiting;
    for (std::size_t i = 0; i < batch->entries.size(); ++i)
      if (report.entries[i] != EntryOutcome::kTaken && !report.target_down)
        waiting.insert(batch->entries[i]->record.order_key);
    std::set<std::string> keys;
    for (const EntryRef entry : batch->entries) keys.insert(entry->record.order_key);
    for (const std::string& key : keys) {
      if (waiting.contains(key)) continue;
      const auto lane = lanes_.find(key);
      lane->second.busy = false;
      if (lane->second.entries.empty()) {
        lanes_.erase(lane);
      } else {
        ready_.push_back(key);
      }
    }
    if (!waiting.empty()) {
      executor_.PostAfter(wait, [self = shared_from_this(), waiting = std::move(waiting)] {
        {
          std::lock_guard timer_lock(self->mutex_);
          for (const std::string& key : waiting) {
            Lane& lane = self->lanes_[key];
            lane.busy = false;
            if (!lane.entries.empty()) self->ready_.push_back(key);
          }
        }
        self->Schedule();
      });
    }
    if (down_ && first_failed && report.target_down) WakeAfter(wait);
    if (!first_failed && batch->checkpoint_position) saved_ = *batch->checkpoint_position;
  }
  if (observer_.delivered) {
    for (std::size_t i = 0; i < batch->records.size(); ++i)
      if (report.entries[i] == EntryOutcome::kTaken) observer_.delivered(batch->records[i]);
  }
  if (first_failed && report.target_down && observer_.target_down)
    observer_.target_down(report.error.value_or(Error(ErrorCode::kUnavailable, {}, "the target is down")), wait);
  if (first_failed && !report.target_down && observer_.retrying)
    observer_.retrying(batch->records[*first_failed],
                       report.error.value_or(Error(ErrorCode::kUnavailable, {}, "the target did not take it")), wait);
  if (came_up && observer_.target_up) observer_.target_up();
  {
    // Together: a step that finds nothing in flight takes every record of the window for undelivered.
    std::lock_guard lock(mutex_);
    --in_flight_;
    AdvanceWatermark();
    quiet_.notify_all();
  }
  Schedule();
}

void Subscription::Machine::AdvanceWatermark() {
  while (!window_.empty() && window_.front().done) {
    Entry& entry = window_.front();
    done_.Set(entry.record.shard, entry.record.offset);
    if (entry.behind) done_ = *std::move(entry.behind);
    window_bytes_ -= entry.bytes;
    window_.pop_front();
  }
  if (window_.empty()) done_ = read_;
}

void Subscription::Machine::SaveCheckpoint(std::unique_lock<std::mutex>& lock) {
  saving_ = true;
  delivered_ = false;
  const Position position = done_;
  lock.unlock();
  checkpoints_.Save(
      state_key_, Checkpoint{.position = position}.Encode(), [self = shared_from_this(), position](Status saved) {
        {
          std::lock_guard done_lock(self->mutex_);
          self->saving_ = false;
          if (saved.ok()) self->saved_ = position;
          self->quiet_.notify_all();
        }
        if (!saved.ok())
          log::Warn("{}: the checkpoint was not saved: {}", self->options_.id.name, saved.error().message());
        self->Schedule();
      });
  lock.lock();
}

void Subscription::Machine::Fail(Error error) {
  log::Failure("{} stopped: {}", options_.id.name, error.message());
  error_ = std::move(error);
  state_ = SubscriptionState::kFailed;
}

std::chrono::milliseconds Subscription::Machine::Backoff(std::uint32_t attempts) {
  const auto initial = static_cast<std::uint64_t>(options_.retry.backoff_initial.count());
  const auto ceiling = static_cast<std::uint64_t>(options_.retry.backoff_max.count());
  const std::uint64_t full =
      std::min(ceiling, initial << std::min<std::uint32_t>(attempts == 0 ? 0 : attempts - 1, 20));
  return std::chrono::milliseconds(full / 2 + random_.Below(full / 2 + 1));
}

void Subscription::Machine::WakeAfter(std::chrono::milliseconds delay) {
  executor_.PostAfter(delay, [self = shared_from_this()] {
    {
      std::lock_guard lock(self->mutex_);
      self->down_ = false;
      if (self->state_ == SubscriptionState::kBackingOff) self->state_ = SubscriptionState::kRunning;
    }
    self->Schedule();
  });
}

Subscription::Subscription(SubscriptionOptions options, Log& log, Target& target, CheckpointStore& checkpoints,
                           Executor& executor, Random& random, SubscriptionObserver observer)
    : machine_(std::make_shared<Machine>(std::move(options), log, target, checkpoints, executor, random,
                                         std::move(observer))) {}
Subscription::~Subscription() {
  Stop();
}

Status Subscription::Start() {
  return machine_->Start();
}
void Subscription::Stop() {
  machine_->Stop();
}
SubscriptionState Subscription::state() const {
  return machine_->state();
}
std::optional<Error> Subscription::error() const {
  return machine_->error();
}
SubscriptionStats Subscription::stats() const {
  return machine_->stats();
}

}  // namespace millrace::flow
