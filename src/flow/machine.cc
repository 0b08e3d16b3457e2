#include "flow/machine.h"

#include "base/check.h"
#include "base/log.h"

namespace millrace::flow {
namespace {

// The settings row: version, paused.
constexpr std::uint8_t kSettingsVersion = 1;

constexpr std::chrono::seconds kReadAgainAfter{1};

// So much a checkpoint row says about what is done beyond its position; the rest is delivered again after a crash.
constexpr std::size_t kBeyondMax = 2000;

}  // namespace

Subscription::Machine::Machine(SubscriptionOptions options, Feed* feed, Queue* queue, Target& target, StateStore& store,
                               Executor& executor, Random& random, SubscriptionObserver observer)
    : options_(std::move(options)),
      checkpoint_key_(options_.id.StateKey("fc")),
      settings_key_(options_.id.StateKey("fs")),
      parked_prefix_(ParkedPrefix(options_.id)),
      dead_prefix_(DeadLetterPrefix(options_.id)),
      feed_(feed),
      log_(feed == nullptr ? nullptr : &feed->log()),
      queue_(queue),
      target_(target),
      commits_state_(target.traits().commits_state && queue == nullptr),
      store_(store),
      executor_(executor),
      random_(random),
      observer_(std::move(observer)) {}

SubscriptionState Subscription::Machine::state() const {
  std::lock_guard lock(mutex_);
  if (state_ == SubscriptionState::kRunning && finished_) return SubscriptionState::kFinished;
  if (state_ == SubscriptionState::kRunning && paused_) return SubscriptionState::kPaused;
  if (state_ == SubscriptionState::kRunning && (down_ || probing_)) return SubscriptionState::kBackingOff;
  return state_;
}

std::optional<Error> Subscription::Machine::error() const {
  std::lock_guard lock(mutex_);
  return error_;
}

Position Subscription::Machine::position() const {
  std::lock_guard lock(mutex_);
  return done_;
}

SubscriptionStats Subscription::Machine::stats() const {
  std::lock_guard lock(mutex_);
  SubscriptionStats stats = stats_;
  stats.window = window_.size() + inbox_records_;
  stats.window_bytes = window_bytes_ + inbox_bytes_;
  stats.parked_records = parked_records_;
  stats.dead_letters = letters_;
  stats.in_flight = in_flight_;
  stats.caught_up = queue_ != nullptr ? news_ == news_taken_ && received_.empty() : member_ != 0 && inbox_.empty();
  for (const auto& [key, lane] : lanes_) {
    if (lane.mode == Lane::Mode::kFlowing) continue;
    ++stats.parked_keys;
    if (lane.mode == Lane::Mode::kHeld) ++stats.held_keys;
  }
  if (!window_.empty()) {
    stats.oldest_ms = window_.front().record->time_ms;
  } else if (!inbox_.empty() && !inbox_.front().records.empty()) {
    stats.oldest_ms = inbox_.front().records.front()->time_ms;
  }
  return stats;
}

Result<SubscriptionLag> Subscription::Machine::Lag(std::size_t records_max) const {
  if (queue_ != nullptr) {
    ASSIGN_OR_RETURN(const LogLag held, queue_->Lag(records_max));
    return SubscriptionLag{held.records, held.more, held.oldest_ms};
  }
  MemberId member = 0;
  {
    std::lock_guard lock(mutex_);
    if (state_ == SubscriptionState::kFinished) return SubscriptionLag();
    member = member_;
  }
  // Taken before the window is looked at, so that what is on its way from the feed counts twice rather than not at all.
  const std::optional<Position> handed = member == 0 ? std::nullopt : feed_->PositionOf(member);
  SubscriptionLag lag;
  Position unread;
  std::size_t beyond = 0;  // of what is not read, done before the last crash
  const auto note = [&](const Record& record) {
    lag.oldest_ms = lag.oldest_ms == 0 ? record.time_ms : std::min(lag.oldest_ms, record.time_ms);
  };
  {
    std::lock_guard lock(mutex_);
    unread = handed && member == member_ && handed->AtOrPast(read_) ? *handed : read_;
    lag.records = inbox_records_;
    beyond = beyond_.size();
    for (const Entry& entry : window_) {
      if (entry.state == Entry::State::kDone) continue;
      ++lag.records;
      note(*entry.record);
    }
    for (const Offer& offer : inbox_)
      for (const SharedRecord& record : offer.records) note(*record);
  }
  if (lag.records > records_max) {
    lag.records = records_max;
    lag.more = true;
    return lag;
  }
  ASSIGN_OR_RETURN(const LogLag behind, log_->Lag(unread, records_max - lag.records + beyond));
  lag.records += behind.records - std::min<std::uint64_t>(behind.records, beyond);
  lag.more = behind.more;
  if (behind.oldest_ms != 0)
    lag.oldest_ms = lag.oldest_ms == 0 ? behind.oldest_ms : std::min(lag.oldest_ms, behind.oldest_ms);
  return lag;
}

Status Subscription::Machine::Start() {
  ASSIGN_OR_RETURN(const auto settings, store_.Load(settings_key_));
  if (settings) {
    if (settings->size() != 2 || (*settings)[0] != kSettingsVersion)
      return Err(ErrorCode::kCorruption, {}, "the settings of {} are damaged or of a newer release", name());
    paused_ = (*settings)[1] != 0;
  }
  paused_ |= options_.paused;
  TRY(LoadParking());
  if (queue_ != nullptr) {
    TRY(target_.Open());
    {
      std::lock_guard lock(mutex_);
      state_ = SubscriptionState::kRunning;
    }
    WatchQueue();
    Schedule();
    return Ok();
  }
  ASSIGN_OR_RETURN(const auto stored, store_.Load(checkpoint_key_));
  if (stored) {
    ASSIGN_OR_RETURN(Checkpoint checkpoint, Checkpoint::Decode(*stored));
    read_ = std::move(checkpoint.position);
    for (Checkpoint::Place& place : checkpoint.beyond) beyond_.emplace(std::move(place.shard), std::move(place.offset));
  } else {
    ASSIGN_OR_RETURN(read_, log_->Resolve(options_.start));
    // "Latest" must mean this moment also after a crash, so the place is stored before anything is promised.
    TRY(WriteAndWait(store_, {{checkpoint_key_, Checkpoint{.position = read_}.Encode()}}));
  }
  done_ = saved_ = admitted_ = read_;
  TRY(target_.Open());
  {
    std::lock_guard lock(mutex_);
    state_ = SubscriptionState::kRunning;
  }
  Schedule();
  return Ok();
}

void Subscription::Machine::Stop() {
  Lock lock(mutex_);
  if (std::exchange(stopping_, true)) return;
  if (queue_ != nullptr) {
    lock.unlock();
    queue_->Unwatch(watch_);
    lock.lock();
    SettleDown(lock);
    GiveBackAll();
  } else {
    LeaveFeed(lock);
  }
  SettleDown(lock);
  if (queue_ == nullptr && state_ != SubscriptionState::kFailed && (done_ != saved_ || delivered_)) {
    SaveCheckpoint(lock);
    quiet_.wait(lock, [&] { return Quiet(); });
  }
  state_ = SubscriptionState::kStopped;
}

Status Subscription::Machine::SetPaused(bool paused) {
  TRY(WriteAndWait(store_, {{settings_key_, std::string{static_cast<char>(kSettingsVersion), paused ? '\1' : '\0'}}}));
  {
    Lock lock(mutex_);
    paused_ = paused;
    if (paused) {
      LeaveFeed(lock);
      quiet_.wait(lock, [&] { return (in_flight_ == 0 && (queue_ == nullptr || Quiet())) || stopping_; });
      if (queue_ != nullptr && !stopping_) GiveBackAll();
    }
  }
  Schedule();
  return Ok();
}

Status Subscription::Machine::Seek(const flow::Start& start) {
  if (queue_ != nullptr)
    return Err(ErrorCode::kFailedPrecondition, {}, "{} reads {}, and a queue has no places to go to", name(),
               queue_->name());
  ASSIGN_OR_RETURN(const Position position, log_->Resolve(start));
  Lock lock(mutex_);
  if (stopping_ || seeking_) return Err(ErrorCode::kUnavailable, {}, "{} is stopping or being moved", name());
  seeking_ = true;
  SettleDown(lock);
  LeaveFeed(lock);  // only now: a step that was under way may have joined
  // What was read and not delivered is read again, or left out, as the new place has it.
  for (auto& [key, lane] : lanes_) {
    lane.overflow.clear();
    if (lane.mode != Lane::Mode::kFlowing) continue;
    lane.head = lane.tail = nullptr;
    lane.listed = false;
  }
  std::erase_if(ready_, [](const Lane* lane) { return lane->head == nullptr; });
  std::erase_if(lanes_, [](const auto& each) { return each.second.mode == Lane::Mode::kFlowing; });
  overflowing_.clear();
  window_.clear();
  window_bytes_ = 0;
  inbox_.clear();
  inbox_records_ = inbox_bytes_ = 0;
  waiting_ = loaded_.size();
  lock.unlock();
  Status moved = CollectStoredIds();
  if (moved.ok()) moved = WriteAndWait(store_, {{checkpoint_key_, Checkpoint{.position = position}.Encode()}});
  lock.lock();
  seeking_ = false;
  if (moved.ok()) {
    read_ = done_ = saved_ = admitted_ = position;
    beyond_.clear();
    if (state_ == SubscriptionState::kFailed) state_ = SubscriptionState::kRunning;
    error_.reset();
  } else {
    read_ = admitted_ = done_;
  }
  lock.unlock();
  Schedule();
  return moved;
}

// Waits for what is under way, and writes what is left to be written. REQUIRES: no new step begins.
void Subscription::Machine::SettleDown(Lock& lock) {
  do {
    quiet_.wait(lock, [&] { return Quiet(); });
  } while (Flush(lock));
  quiet_.wait(lock, [&] { return Quiet(); });
}

bool Subscription::Machine::Flush(Lock& lock) {
  const bool rows = FlushRows(lock);
  return FlushReceipts(lock) || rows;
}

void Subscription::Machine::LeaveFeed(Lock& lock) {
  const MemberId member = std::exchange(member_, 0);
  if (member == 0) return;
  lock.unlock();
  const auto position = feed_->Leave(member);
  lock.lock();
  // Nothing if the feed had handed out something that Take has refused meanwhile; then Take noted the place.
  if (position && position->AtOrPast(read_)) {
    read_ = *position;
    if (inbox_.empty()) admitted_ = read_;
    if (inbox_.empty() && window_.empty()) done_ = read_;
  }
}

bool Subscription::Machine::Take(MemberId id, Offer offer) {
  {
    std::lock_guard lock(mutex_);
    if (joining_ && id > newest_member_) newest_member_ = member_ = id;
    if (id != member_) return false;
    std::size_t bytes = 0;
    for (const SharedRecord& record : offer.records) bytes += record->SizeBytes();
    const bool read_error = offer.from == offer.next;
    const bool full = offer.records.size() > Room() || window_bytes_ + inbox_bytes_ + bytes > options_.window_bytes_max;
    const bool nothing = window_.empty() && inbox_.empty();
    if (offer.from.AtOrPast(read_)) read_ = offer.from;
    if (Stalled() || paused_ || read_error || (full && !nothing)) {
      member_ = 0;
    } else {
      read_ = offer.next;
      inbox_records_ += offer.records.size();
      inbox_bytes_ += bytes;
      inbox_.push_back(std::move(offer));
    }
  }
  Schedule();
  std::lock_guard lock(mutex_);
  return id == member_;
}

void Subscription::Machine::Pass(MemberId id, const Position& position) {
  {
    std::lock_guard lock(mutex_);
    if (id != member_ || !inbox_.empty() || !position.AtOrPast(read_)) return;
    read_ = admitted_ = position;
    if (!window_.empty()) {
      window_.back().behind = position;
      return;
    }
    done_ = position;
  }
  Schedule();
}

std::size_t Subscription::Machine::Room() const {
  const std::size_t used = window_.size() + inbox_records_;
  return used >= options_.window_records_max ? 0 : options_.window_records_max - used;
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
  Lock lock(mutex_);
  scheduled_ = false;
  if (running_ || Stalled()) return;
  running_ = true;
  do {
    again_ = false;
    bool progress = true;
    while (progress && !Stalled()) {
      progress = !paused_ && LoadRows(lock);
      while (!Stalled() && !paused_ && WriteMore(lock)) progress = true;
      progress |= Flush(lock);
      if (!Stalled()) progress |= queue_ == nullptr ? AdmitOffers(lock) : AdmitReceived(lock);
      if (!Stalled() && !paused_) progress |= queue_ == nullptr ? ReadMore(lock) : ReceiveMore(lock);
    }
    if (queue_ != nullptr) {
      ScheduleExtension();
      continue;
    }
    FinishAtEnd(lock);
    ScheduleSave();
    // With nothing under way a delivery is saved at once, so that a crash in a quiet moment repeats nothing; under
    // load, and for records that were only passed over, one save covers many.
    if (delivered_ && done_ != saved_ && !saving_ && !Stalled() && window_.empty()) SaveCheckpoint(lock);
  } while (again_ && !Stalled());
  running_ = false;
  quiet_.notify_all();
}

void Subscription::Machine::FinishAtEnd(Lock& lock) {
  if (!options_.end || finished_ || Stalled() || !done_.AtOrPast(*options_.end) || parked_records_ > 0) return;
  finished_ = true;
  lock.unlock();
  if (observer_.finished) observer_.finished();
  lock.lock();
}

void Subscription::Machine::ScheduleSave() {
  if ((done_ == saved_ && !delivered_) || saving_ || save_timer_ || Stalled() || (delivered_ && window_.empty()))
    return;
  save_timer_ = true;
  executor_.PostAfter(options_.checkpoint_interval, [self = shared_from_this()] {
    Lock lock(self->mutex_);
    self->save_timer_ = false;
    const bool unsaved = self->done_ != self->saved_ || self->delivered_;
    if (!self->Stalled() && !self->saving_ && unsaved) self->SaveCheckpoint(lock);
  });
}

// 1: passes, 0: filtered.
std::vector<char> Subscription::Machine::Filter(const std::vector<SharedRecord>& records) const {
  std::vector<char> passed(records.size(), 1);
  if (options_.filter)
    for (std::size_t i = 0; i < records.size(); ++i) passed[i] = options_.filter(*records[i]) ? 1 : 0;
  return passed;
}

bool Subscription::Machine::AdmitOffers(Lock& lock) {
  if (inbox_.empty()) return false;
  Offer offer = std::move(inbox_.front());
  inbox_.pop_front();
  // Counted until they are in the window.
  std::size_t bytes = 0;
  for (const SharedRecord& record : offer.records) bytes += record->SizeBytes();
  const std::size_t count = offer.records.size();
  lock.unlock();
  const std::vector<char> passed = Filter(offer.records);
  lock.lock();
  inbox_records_ -= count;
  inbox_bytes_ -= bytes;
  Admit(std::move(offer.records), passed, offer.next);
  return true;
}

// For those who are not in the feed: reads until there is nothing more, then joins.
bool Subscription::Machine::ReadMore(Lock& lock) {
  if (member_ != 0 || read_wait_ || down_ || !inbox_.empty()) return false;
  if (options_.end && read_.AtOrPast(*options_.end)) return false;
  const std::size_t room = Room();
  // Not for a handful: reading has a price of its own.
  if (room < std::clamp<std::size_t>(options_.window_records_max / 4, 1, 1000)) return false;
  if (window_bytes_ >= options_.window_bytes_max) return false;
  const ReadLimits limits{.records_max = std::min<std::size_t>(1000, room)};
  const Position from = read_;
  lock.unlock();
  auto batch = log_->Read(from, limits);
  std::vector<SharedRecord> records;
  std::vector<char> passed;
  if (batch.ok()) {
    records.reserve(batch->records.size());
    for (Record& record : batch->records) {
      const bool concerns =
          options_.interest.everything || std::ranges::any_of(record.matched_rules, [&](std::uint32_t rule) {
            return std::ranges::find(options_.interest.rules, rule) != options_.interest.rules.end();
          });
      if (!concerns || (options_.end && !options_.end->Covers(record.shard, record.offset))) continue;
      if (options_.interest.bodies) log_->Describe(record);
      records.push_back(std::make_shared<const Record>(std::move(record)));
    }
    passed = Filter(records);
  }
  lock.lock();
  if (Stalled()) return false;
  if (!batch.ok()) {
    if (!IsRetryable(batch.error().code())) {
      Fail(batch.error().WithContext(log_->name()));
      return false;
    }
    log::Warn("{}: reading {} failed, trying again: {}", name(), log_->name(), batch.error().message());
    read_wait_ = true;
    executor_.PostAfter(kReadAgainAfter, [self = shared_from_this()] {
      {
        std::lock_guard timer_lock(self->mutex_);
        self->read_wait_ = false;
      }
      self->Schedule();
    });
    return false;
  }
  read_ = batch->next;
  Admit(std::move(records), passed, batch->next);
  if (!batch->at_end || options_.end) return true;
  const Position position = read_;
  joining_ = true;
  lock.unlock();
  const std::optional<MemberId> member = feed_->Join(weak_from_this(), options_.interest, position);
  lock.lock();
  joining_ = false;
  if (!member) return true;  // the feed has seen more: read on
  // The feed may have handed out something before Join returned: then Take has learnt the id, and perhaps left again.
  if (newest_member_ < *member) newest_member_ = member_ = *member;
  return true;
}

Subscription::Machine::Lane& Subscription::Machine::LaneOf(const std::string& key) {
  const auto [place, added] = lanes_.try_emplace(key);
  if (added) place->second.key = &place->first;
  return place->second;
}

void Subscription::Machine::Append(Lane& lane, Entry& entry) {
  entry.next = nullptr;
  (lane.head == nullptr ? lane.head : lane.tail->next) = &entry;
  lane.tail = &entry;
  ++waiting_;
}

void Subscription::Machine::Admit(std::vector<SharedRecord> records, const std::vector<char>& passed,
                                  const Position& next) {
  admitted_ = next;
  stats_.read += records.size();
  const MonoTime now = executor_.clock().Mono();
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (passed[i] == 0) {
      ++stats_.filtered;
      if (queue_ != nullptr) acknowledged_.push_back(records[i]->offset);
      continue;
    }
    if (!beyond_.empty() && beyond_.erase({records[i]->shard, records[i]->offset}) > 0) continue;
    if (!stored_ids_.empty() && stored_ids_.erase(records[i]->id) > 0) {  // parked before the last crash
      if (queue_ != nullptr) acknowledged_.push_back(records[i]->offset);
      continue;
    }
    Entry& entry = window_.emplace_back();
    entry.self = std::prev(window_.end());
    entry.record = std::move(records[i]);
    entry.bytes = entry.record->SizeBytes();
    entry.number = next_number_++;
    entry.admitted = now;
    if (entry.record->receives > 0) entry.attempts = entry.record->receives - 1;
    window_bytes_ += entry.bytes;
    Lane& lane = LaneOf(options_.order_key ? options_.order_key(*entry.record) : entry.record->order_key);
    entry.lane = &lane;
    if (lane.mode != Lane::Mode::kFlowing) {
      StoreBehind(lane, entry);
    } else {
      Append(lane, entry);
      Enlist(lane);
    }
  }
  if (window_.empty()) {
    done_ = admitted_;
  } else {
    window_.back().behind = admitted_;
  }
}

void Subscription::Machine::AdvanceWatermark() {
  while (!window_.empty() && window_.front().state == Entry::State::kDone) {
    Entry& entry = window_.front();
    if (queue_ != nullptr) {
      // It has no place.
    } else if (entry.behind) {
      done_ = *std::move(entry.behind);
    } else {
      done_.Set(entry.record->shard, entry.record->offset);
    }
    window_bytes_ -= entry.bytes;
    window_.pop_front();
  }
  if (window_.empty()) done_ = admitted_;
}

Checkpoint Subscription::Machine::CheckpointNow() const {
  Checkpoint checkpoint{.position = done_};
  for (const Entry& entry : window_) {
    if (entry.state != Entry::State::kDone) continue;
    checkpoint.beyond.push_back({entry.record->shard, entry.record->offset});
    if (checkpoint.beyond.size() == kBeyondMax) break;
  }
  return checkpoint;
}

void Subscription::Machine::SaveCheckpoint(Lock& lock) {
  saving_ = true;
  delivered_ = false;
  const Position position = done_;
  const Checkpoint checkpoint = CheckpointNow();
  lock.unlock();
  store_.Write({{checkpoint_key_, checkpoint.Encode()}}, [self = shared_from_this(), position](const Status& saved) {
    {
      std::lock_guard done_lock(self->mutex_);
      self->saving_ = false;
      if (saved.ok()) self->saved_ = position;
      self->quiet_.notify_all();
    }
    if (!saved.ok()) log::Warn("{}: the checkpoint was not saved: {}", self->name(), saved.error().message());
    self->Schedule();
  });
  lock.lock();
}

void Subscription::Machine::Fail(Error error) {
  log::Failure("{} stopped: {}", name(), error.message());
  error_ = std::move(error);
  state_ = SubscriptionState::kFailed;
}

}  // namespace millrace::flow
