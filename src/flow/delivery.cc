// Batches and their reports.
#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/log.h"
#include "flow/machine.h"

namespace millrace::flow {
namespace {

// So many different keys that fail in a row, without one success, are the target's failure.
constexpr std::size_t kKeysToSuspectTarget = 5;

// A target that is back is found so soon: a probe is one batch, and everything waits for it.
constexpr std::chrono::milliseconds kProbeWaitMax{5'000};

const Error& WhyOf(const WriteReport& report, std::optional<std::size_t> place = std::nullopt) {
  if (place)
    if (const auto own = report.causes.find(*place); own != report.causes.end()) return own->second;
  static const Error kUnknown(ErrorCode::kUnavailable, {}, "the target did not take it and does not say why");
  return report.error ? *report.error : kUnknown;
}

}  // namespace

void Subscription::Machine::Enlist(Lane& lane) {
  if (lane.listed || lane.in_batch || lane.waiting || lane.head == nullptr || lane.mode == Lane::Mode::kHeld) return;
  lane.listed = true;
  ready_.push_back(&lane);
}

bool Subscription::Machine::Expired(const Entry& entry) const {
  return options_.retry.age_max &&
         executor_.clock().NowMillis() - entry.record->time_ms > options_.retry.age_max->count();
}

// Whether to wait for more records before the next batch.
bool Subscription::Machine::Due(std::size_t available, std::size_t wanted) {
  if (options_.batch_window.count() == 0 || available >= wanted) return true;
  MonoTime oldest = MonoTime::max();
  for (const Lane* lane : ready_)
    if (lane->head != nullptr) oldest = std::min(oldest, lane->head->admitted);
  const Duration left = oldest + options_.batch_window - executor_.clock().Mono();
  if (left <= Duration::zero()) return true;
  if (!std::exchange(window_timer_, true)) {
    executor_.PostAfter(left, [self = shared_from_this()] {
      {
        std::lock_guard lock(self->mutex_);
        self->window_timer_ = false;
      }
      self->Schedule();
    });
  }
  return false;
}

std::optional<Subscription::Machine::Batch> Subscription::Machine::NextBatch() {
  if (down_ || ready_.empty()) return std::nullopt;
  const TargetTraits& traits = target_.traits();
  if (in_flight_ >= (commits_state_ || probing_ ? 1 : options_.lanes_max)) return std::nullopt;
  std::size_t records_max = std::min(options_.batch_records_max, traits.batch_records_max);
  const bool one_per_key = traits.kind == BatchKind::kPerEntry;
  if (!Due(one_per_key ? ready_.size() : waiting_, records_max)) return std::nullopt;
  if (commits_state_) {
    // Keys that were parked deliver by themselves; everything else in the order of the log, so that the position can
    // ride along.
    const bool parked =
        std::ranges::any_of(ready_, [](const Lane* lane) { return lane->head != nullptr && lane->head->arrival; });
    if (!parked) return NextFromWindow();
  }
  Batch batch;
  std::size_t bytes = 0;
  for (std::size_t lanes = ready_.size(); lanes > 0 && batch.entries.size() < records_max; --lanes) {
    Lane& lane = *ready_.front();
    if (commits_state_ && lane.head != nullptr && !lane.head->arrival) {
      ready_.pop_front();
      ready_.push_back(&lane);
      continue;
    }
    while (lane.head != nullptr && Expired(*lane.head) && letters_ < options_.parking.dead_letters_max)
      Bury(*lane.head, DeadReason::kAgeExceeded,
           fmt::format("it is older than {} s", options_.retry.age_max->count() / 1000));
    if (lane.head == nullptr || lane.mode == Lane::Mode::kHeld) {
      lane.listed = false;
      ready_.pop_front();
      Release(lane);
      continue;
    }
    const auto fits = [&](const Entry& entry) {
      return batch.entries.empty() || (batch.entries.size() < std::min(records_max, entry.batch_max) &&
                                       bytes + entry.bytes <= traits.batch_bytes_max);
    };
    if (!fits(*lane.head)) break;
    for (Entry* entry = lane.head; entry != nullptr && fits(*entry); entry = one_per_key ? nullptr : entry->next) {
      bytes += entry->bytes;
      records_max = std::min(records_max, entry->batch_max);
      entry->state = Entry::State::kInFlight;
      --waiting_;
      batch.entries.push_back(entry);
    }
    lane.listed = false;
    lane.in_batch = true;
    ready_.pop_front();
  }
  if (batch.entries.empty()) return std::nullopt;
  std::ranges::sort(batch.entries, {}, &Entry::number);
  return batch;
}

// The records in front of the window, whatever their keys, up to the first that cannot go now.
std::optional<Subscription::Machine::Batch> Subscription::Machine::NextFromWindow() {
  const TargetTraits& traits = target_.traits();
  std::size_t records_max = std::min(options_.batch_records_max, traits.batch_records_max);
  Batch batch;
  std::size_t bytes = 0;
  for (Entry& entry : window_) {
    if (entry.state == Entry::State::kDone) continue;
    Lane& lane = *entry.lane;
    if (entry.state != Entry::State::kWaiting || lane.waiting || lane.mode != Lane::Mode::kFlowing) break;
    if (Expired(entry) && letters_ < options_.parking.dead_letters_max) {
      if (batch.entries.empty())
        Bury(entry, DeadReason::kAgeExceeded,
             fmt::format("it is older than {} s", options_.retry.age_max->count() / 1000));
      break;
    }
    if (!batch.entries.empty() && (batch.entries.size() >= std::min(records_max, entry.batch_max) ||
                                   bytes + entry.bytes > traits.batch_bytes_max))
      break;
    bytes += entry.bytes;
    records_max = std::min(records_max, entry.batch_max);
    batch.entries.push_back(&entry);
  }
  for (Entry* entry : batch.entries) {
    entry->state = Entry::State::kInFlight;
    entry->lane->in_batch = true;
    --waiting_;
  }
  std::erase_if(ready_, [](Lane* lane) {
    if (!lane->in_batch && lane->head != nullptr) return false;
    lane->listed = false;
    return true;
  });
  if (batch.entries.empty()) return std::nullopt;
  return batch;
}

// Makes of the entries what is delivered, up to the first that is refused or too much for one batch.
void Subscription::Machine::Transform(Batch& batch) const {
  const std::size_t bytes_max = target_.traits().batch_bytes_max;
  std::size_t bytes = 0;
  for (const Entry* entry : batch.entries) {
    Record record = *entry->record;
    if (options_.transform) {
      Result<Verdict> verdict = options_.transform(record);
      if (!verdict.ok()) {
        batch.rejected = std::move(verdict).error();
        return;
      }
      if (*verdict == Verdict::kSkip) {
        batch.places.push_back(Batch::kSkipped);
        continue;
      }
    }
    if (record.body.size() > bytes_max) {
      batch.rejected = Err(ErrorCode::kInvalidArgument, {}, "it has {} bytes, and {} takes at most {}",
                           record.body.size(), target_.name(), bytes_max);
      return;
    }
    if (bytes + record.body.size() > bytes_max) return;
    bytes += record.body.size();
    batch.places.push_back(batch.records.size());
    batch.records.push_back(std::move(record));
  }
}

// After Transform: gives back what is not in the batch after all, and says what is to be stored with the rest.
void Subscription::Machine::Prepare(Batch& batch) {
  std::set<const Lane*> kept;
  std::set<Lane*> given_back;
  Entry* rejected = batch.rejected ? batch.entries[batch.places.size()] : nullptr;
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    Entry* entry = batch.entries[i];
    if (i < batch.places.size()) {
      kept.insert(entry->lane);
      continue;
    }
    entry->state = Entry::State::kWaiting;
    ++waiting_;
    given_back.insert(entry->lane);
  }
  batch.entries.resize(batch.places.size());
  // If records of its key are delivered first, it will come again.
  if (rejected != nullptr && !kept.contains(rejected->lane)) {
    Lane& lane = *rejected->lane;
    stats_.last_error = batch.rejected->message();
    if (letters_ < options_.parking.dead_letters_max) {
      Bury(*rejected, DeadReason::kRejected, batch.rejected->message());
    } else {
      lane.in_batch = false;
      given_back.erase(&lane);
      Retry(lane, options_.retry.backoff_max);
    }
  }
  for (Lane* lane : given_back)
    if (!kept.contains(lane)) Release(*lane);
  if (!commits_state_ || batch.entries.empty()) return;
  if (batch.entries.front()->arrival) {
    for (const Entry* entry : batch.entries)
      batch.state.push_back(
          {ParkedKey(ParkedPrefix(parked_prefix_, *entry->lane->key), *entry->arrival), std::nullopt});
    return;
  }
  Position position = done_;
  for (const Entry& entry : window_) {
    if (entry.behind) {
      position = *entry.behind;
    } else {
      position.Set(entry.record->shard, entry.record->offset);
    }
    if (&entry == batch.entries.back()) break;
  }
  batch.state.push_back({checkpoint_key_, Checkpoint{.position = position}.Encode()});
  batch.position = std::move(position);
}

bool Subscription::Machine::WriteMore(Lock& lock) {
  auto next = NextBatch();
  if (!next) return false;
  auto batch = std::make_shared<Batch>(*std::move(next));
  ++in_flight_;
  lock.unlock();
  Transform(*batch);
  lock.lock();
  Prepare(*batch);
  if (batch->records.empty()) {
    batch->state.clear();  // no target commits it
    std::vector<Lane*> failing;
    Settle(*batch, {}, failing);
    --in_flight_;
    AdvanceWatermark();
    quiet_.notify_all();
    return true;
  }
  ++stats_.batches;
  lock.unlock();
  target_.Write(batch->records, std::move(batch->state),
                [self = shared_from_this(), batch](WriteReport report) { self->OnWritten(batch, std::move(report)); });
  lock.lock();
  return true;
}

// The entry is done: it leaves its lane, and the window or the parking.
void Subscription::Machine::Finish(Entry& entry, bool row_deleted) {
  Lane& lane = *entry.lane;
  CHECK(lane.head == &entry, "records of a key are done in order");
  lane.head = entry.next;
  if (lane.head == nullptr) lane.tail = nullptr;
  if (!entry.arrival) {
    Discharge(entry);
    return;
  }
  if (!row_deleted)
    rows_.push_back({.key = ParkedKey(ParkedPrefix(parked_prefix_, *lane.key), *entry.arrival), .lane = nullptr});
  --lane.rows;
  --parked_records_;
  parked_bytes_ -= entry.bytes;
  loaded_.erase(entry.self);
}

// Its batch has come back, or it was never sent: what may be next for this key?
void Subscription::Machine::Release(Lane& lane) {
  lane.in_batch = false;
  if (!lane.redriven.empty()) {
    std::vector<DeadLetter> letters = std::exchange(lane.redriven, {});
    for (auto letter = letters.rbegin(); letter != letters.rend(); ++letter) PutBack(lane, *letter);
  }
  Enlist(lane);
  EraseIfIdle(lane);
}

void Subscription::Machine::Retry(Lane& lane, std::chrono::milliseconds wait) {
  lane.waiting = true;
  executor_.PostAfter(wait, [self = shared_from_this(), key = *lane.key] {
    {
      std::lock_guard lock(self->mutex_);
      const auto found = self->lanes_.find(key);
      // It may have been redriven meanwhile, and be anywhere.
      if (found == self->lanes_.end() || !found->second.waiting) return;
      found->second.waiting = false;
      self->Release(found->second);
    }
    self->Schedule();
  });
}

void Subscription::Machine::OpenBreaker(std::chrono::milliseconds wait) {
  down_ = true;
  probing_ = true;
  executor_.PostAfter(wait, [self = shared_from_this()] {
    {
      std::lock_guard lock(self->mutex_);
      self->down_ = false;
    }
    self->Schedule();
  });
}

// Takes the report apart under the lock. `failing`: the lanes that wait for a retry.
void Subscription::Machine::Settle(Batch& batch, const WriteReport& report, std::vector<Lane*>& failing) {
  const TargetTraits& traits = target_.traits();
  const std::size_t count = batch.records.size();
  const bool uncounted = report.target_down || report.throttled;
  const bool bisect = traits.kind == BatchKind::kAtomic && count > 1 && options_.bisect == Bisect::kOn && !uncounted;
  std::set<Lane*> stopped;
  std::vector<Lane*> lanes;
  struct Tried {
    bool rejected = false;
    std::size_t place = 0;  // in the report
  };
  std::map<const Entry*, Tried> tries;
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    Entry& entry = *batch.entries[i];
    Lane& lane = *entry.lane;
    if (lanes.empty() || lanes.back() != &lane) lanes.push_back(&lane);
    const bool skipped = batch.places[i] == Batch::kSkipped;
    const EntryOutcome outcome = !skipped                  ? report.entries[batch.places[i]]
                                 : stopped.contains(&lane) ? EntryOutcome::kRetry
                                                           : EntryOutcome::kTaken;
    if (outcome == EntryOutcome::kTaken) {
      CHECK(!stopped.contains(&lane), "a target took a record whose predecessor of the same key it did not take");
      ++(skipped ? stats_.filtered : stats_.delivered);
      delivered_ |= !commits_state_;
      Finish(entry, commits_state_ && !batch.state.empty());
      continue;
    }
    entry.state = Entry::State::kWaiting;
    ++waiting_;
    const bool first_of_key = stopped.insert(&lane).second;
    if (uncounted) continue;
    if (bisect) {
      entry.batch_max = (count + 1) / 2;
      continue;
    }
    // Of a prefix only the first that failed was tried; of an atomic batch all were.
    const bool tried = traits.kind == BatchKind::kAtomic || (traits.kind == BatchKind::kPerEntry && first_of_key) ||
                       (traits.kind == BatchKind::kPrefix && stopped.size() == 1 && first_of_key);
    if (!tried || skipped) continue;
    ++entry.attempts;
    ++stats_.retries;
    tries.emplace(&entry, Tried{outcome == EntryOutcome::kReject, batch.places[i]});
    if (first_of_key) failing.push_back(&lane);
  }
  std::ranges::sort(lanes);
  const auto repeated = std::ranges::unique(lanes);
  lanes.erase(repeated.begin(), repeated.end());

  // What is given up leaves its lane here; the rest of the failing lanes wait. Without bisection an atomic batch fails
  // as a whole.
  std::vector<Lane*> waiting;
  for (Lane* lane : failing) {
    for (;;) {
      const auto found = lane->mode == Lane::Mode::kHeld ? tries.end() : tries.find(lane->head);
      if (found == tries.end()) break;
      const Tried tried = found->second;
      Entry& head = *lane->head;
      const bool exhausted = options_.retry.retries_max && head.attempts > *options_.retry.retries_max;
      if ((!tried.rejected && !exhausted) || letters_ >= options_.parking.dead_letters_max) {
        waiting.push_back(lane);
        break;
      }
      const DeadReason reason = tried.rejected ? DeadReason::kRejected : DeadReason::kRetriesExhausted;
      tries.erase(found);
      Bury(head, reason, WhyOf(report, tried.place).message());
    }
  }
  failing = std::move(waiting);
  for (Lane* lane : lanes)
    if (std::ranges::find(failing, lane) == failing.end()) Release(*lane);
}

void Subscription::Machine::OnWritten(const std::shared_ptr<Batch>& batch, WriteReport report) {
  CHECK(report.entries.size() == batch->records.size(), "a target reports on every record of its batch");
  const std::size_t count = report.entries.size();
  std::optional<std::size_t> first_failed;
  bool taken = false;
  bool retried = false;
  for (std::size_t i = 0; i < count; ++i) {
    taken |= report.entries[i] == EntryOutcome::kTaken;
    retried |= report.entries[i] == EntryOutcome::kRetry;
    if (report.entries[i] != EntryOutcome::kTaken && !first_failed) first_failed = i;
  }
  if (!first_failed) report.target_down = report.throttled = false;
  std::chrono::milliseconds wait{0};
  bool came_up = false;
  bool went_down = false;
  std::vector<std::string> parked;
  {
    std::lock_guard lock(mutex_);
    std::vector<Lane*> failing;
    Settle(*batch, report, failing);
    if (!first_failed && batch->position) saved_ = *batch->position;

    // Any answer about a single record shows that the target is there.
    const bool answered = taken || (first_failed && !retried);
    if (answered) {
      failed_keys_.clear();
    } else if (!report.target_down && !report.throttled) {
      for (Lane* lane : failing)
        if (failed_keys_.size() < kKeysToSuspectTarget) failed_keys_.insert(*lane->key);
    }
    // With a limit of tries, each record has its tries whatever happens to the others.
    const bool suspect = !options_.retry.retries_max && failed_keys_.size() >= kKeysToSuspectTarget;
    if (first_failed) {
      stats_.last_error = WhyOf(report).message();
      const bool breaker = report.target_down || suspect;
      wait = breaker || failing.empty() ? std::min(Backoff(down_attempts_ + 1), kProbeWaitMax)
                                        : Backoff(failing.front()->head->attempts);
      if (report.retry_after) wait = std::max(wait, *report.retry_after);
    } else {
      stats_.last_error.clear();
    }
    if (report.target_down || suspect) {
      went_down = true;
      ++down_attempts_;
      OpenBreaker(wait);
      for (Lane* lane : failing) Release(*lane);
    } else if (report.throttled) {
      OpenBreaker(report.retry_after.value_or(wait));
      probing_ = false;
    } else {
      if (probing_ && (answered || !first_failed)) {
        probing_ = false;
        came_up = std::exchange(down_attempts_, 0) > 0;
      }
      for (Lane* lane : failing) {
        lane->in_batch = false;
        if (queue_ != nullptr && lane->mode == Lane::Mode::kFlowing) {
          GiveBack(*lane, wait);
          continue;
        }
        const bool park = commits_state_ || lane->head->attempts >= options_.park_after ||
                          window_.size() > options_.window_records_max / 2;
        if (lane->mode == Lane::Mode::kParked) {
          // The row remembers the tries, so that a restart does not begin again.
          Entry& head = *lane->head;
          rows_.push_back({.key = ParkedKey(ParkedPrefix(parked_prefix_, *lane->key), *head.arrival),
                           .record = head.record,
                           .arrival = *head.arrival,
                           .attempts = head.attempts,
                           .reason = stats_.last_error});
        } else if (park && CanPark(*lane, *lane->head)) {
          parked.push_back(*lane->key);
          Park(*lane);
        }
        Retry(*lane, wait);
      }
      if (probing_) OpenBreaker(wait);
    }
  }
  if (observer_.delivered) {
    for (std::size_t i = 0; i < count; ++i)
      if (report.entries[i] == EntryOutcome::kTaken) observer_.delivered(batch->records[i]);
  }
  if (went_down && observer_.target_down) observer_.target_down(WhyOf(report), wait);
  if (first_failed && !went_down && !report.throttled && retried && observer_.retrying)
    observer_.retrying(batch->records[*first_failed], WhyOf(report), wait);
  if (!parked.empty() && observer_.parked) observer_.parked(batch->records[*first_failed]);
  if (came_up && observer_.target_up) observer_.target_up();
  {
    // Together: a step that finds nothing in flight takes every record of the window for undelivered.
    std::lock_guard lock(mutex_);
    --in_flight_;
    AdvanceWatermark();
    Unblock();
    quiet_.notify_all();
  }
  Schedule();
}

std::chrono::milliseconds Subscription::Machine::Backoff(std::uint32_t attempts) {
  const auto initial = static_cast<std::uint64_t>(options_.retry.backoff_initial.count());
  const auto ceiling = static_cast<std::uint64_t>(options_.retry.backoff_max.count());
  const std::uint64_t full =
      std::min(ceiling, initial << std::min<std::uint32_t>(attempts == 0 ? 0 : attempts - 1, 20));
  return std::chrono::milliseconds(full / 2 + random_.Below(full / 2 + 1));
}

}  // namespace millrace::flow
