// Keys that wait: parked records, dead letters, and the rows that both are stored in.
#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "flow/machine.h"

namespace millrace::flow {
namespace {

constexpr std::size_t kScanRows = 1000;
constexpr std::size_t kRowsPerWrite = 1000;
constexpr std::chrono::seconds kSendAgainAfter{1};

// A record with its body, whatever its log left out.
Record Described(const Log* log, const Record& record) {
  Record described = record;
  if (described.body.empty() && log != nullptr) log->Describe(described);
  return described;
}

}  // namespace

// Before the first step. What was stored before is known by its id, because the checkpoint may be behind it.
Status Subscription::Machine::LoadParking() {
  std::string after;
  for (;;) {
    ASSIGN_OR_RETURN(const auto rows, store_.Scan(dead_prefix_, after, kScanRows));
    for (const StateRow& row : rows) {
      ASSIGN_OR_RETURN(const DeadLetter letter, DeadLetter::Decode(dead_prefix_, row.key, *row.value));
      ++letters_;
      next_letter_ = letter.number + 1;
      if (letter.holds_key) {
        Lane& lane = LaneOf(letter.record.order_key);
        lane.mode = Lane::Mode::kHeld;
        ++lane.held_by;
      }
    }
    if (rows.size() < kScanRows) break;
    after = rows.back().key;
  }
  after.clear();
  for (;;) {
    ASSIGN_OR_RETURN(const auto rows, store_.Scan(parked_prefix_, after, kScanRows));
    for (const StateRow& row : rows) {
      ASSIGN_OR_RETURN(const ParkedRecord parked, ParkedRecord::Decode(parked_prefix_, row.key, *row.value));
      Lane& lane = LaneOf(parked.record.order_key);
      if (lane.rows++ == 0) lane.first_arrival = lane.load_from = parked.arrival;
      lane.next_arrival = parked.arrival + 1;
      ++parked_records_;
      parked_bytes_ += parked.record.SizeBytes();
      if (lane.mode == Lane::Mode::kFlowing) {
        lane.mode = Lane::Mode::kParked;
        lane.loading = true;
        to_load_.push_back(&lane);
      }
    }
    if (rows.size() < kScanRows) break;
    after = rows.back().key;
  }
  return CollectStoredIds();
}

Status Subscription::Machine::CollectStoredIds() {
  std::unordered_set<std::string> ids;
  for (const std::string* prefix : {&dead_prefix_, &parked_prefix_}) {
    std::string after;
    for (;;) {
      ASSIGN_OR_RETURN(const auto rows, store_.Scan(*prefix, after, kScanRows));
      for (const StateRow& row : rows) {
        if (prefix == &dead_prefix_) {
          ASSIGN_OR_RETURN(DeadLetter letter, DeadLetter::Decode(*prefix, row.key, *row.value));
          ids.insert(std::move(letter.record.id));
        } else {
          ASSIGN_OR_RETURN(ParkedRecord parked, ParkedRecord::Decode(*prefix, row.key, *row.value));
          ids.insert(std::move(parked.record.id));
        }
      }
      if (rows.size() < kScanRows) break;
      after = rows.back().key;
    }
  }
  stored_ids_ = std::move(ids);
  return Ok();
}

// Brings rows of the keys that are due back into memory.
bool Subscription::Machine::LoadRows(Lock& lock) {
  if (to_load_.empty() || down_ || loaded_.size() >= options_.window_records_max) return false;
  Lane& lane = *to_load_.front();
  to_load_.pop_front();
  if (lane.fronting > 0 || lane.mode != Lane::Mode::kParked) {
    lane.loading = false;
    EraseIfIdle(lane);
    return true;
  }
  const std::size_t rows_max =
      target_.traits().kind == BatchKind::kPerEntry ? 1 : std::min<std::size_t>(options_.batch_records_max, 100);
  const std::string prefix = ParkedPrefix(parked_prefix_, *lane.key);
  const std::string after = ParkedKey(prefix, lane.load_from - 1);
  lock.unlock();
  struct Row {
    ParkedRecord parked;
    SharedRecord record;
  };
  std::vector<Row> loaded;
  std::optional<Error> error;
  if (const auto rows = store_.Scan(prefix, after, rows_max); rows.ok()) {
    for (const StateRow& row : *rows) {
      auto parked = ParkedRecord::Decode(parked_prefix_, row.key, *row.value);
      Status restored = parked.ok() ? Ok() : Status(tl::unexpect, parked.error());
      if (parked.ok() && log_ != nullptr) restored = log_->Restore(parked->record);
      if (!restored.ok()) {
        error = restored.error();
        break;
      }
      auto record = std::make_shared<const Record>(std::move(parked->record));
      loaded.push_back({*std::move(parked), std::move(record)});
    }
  } else {
    error = rows.error();
  }
  lock.lock();
  lane.loading = false;
  if (error) {
    Fail(error->WithContext("the parked records of a key"));
    return false;
  }
  // Someone may have put a record in front, or held the key, meanwhile.
  const bool moved = ParkedKey(prefix, lane.load_from - 1) != after || lane.mode != Lane::Mode::kParked;
  if (!moved) {
    for (Row& row : loaded) {
      Entry& entry = loaded_.emplace_back();
      entry.self = std::prev(loaded_.end());
      entry.bytes = row.record->SizeBytes();
      entry.record = std::move(row.record);
      entry.number = next_number_++;
      entry.admitted = executor_.clock().Mono();
      entry.attempts = row.parked.attempts;
      entry.arrival = row.parked.arrival;
      entry.lane = &lane;
      lane.load_from = row.parked.arrival + 1;
      Append(lane, entry);
    }
  }
  Enlist(lane);
  EraseIfIdle(lane);
  return true;
}

bool Subscription::Machine::CanPark(const Lane& lane, const Entry& entry) const {
  return lane.rows < options_.parking.records_per_key_max && parked_records_ < options_.parking.records_max &&
         parked_bytes_ + entry.bytes <= options_.parking.bytes_max;
}

// The key is parked: the record is appended behind what is there, or, at a limit, stays in the window.
void Subscription::Machine::StoreBehind(Lane& lane, Entry& entry) {
  if (!lane.overflow.empty() || !CanPark(lane, entry)) {
    entry.state = Entry::State::kBlocked;
    lane.overflow.push_back(&entry);
    overflowing_.insert(&lane);
    return;
  }
  entry.state = Entry::State::kStoring;
  const std::uint64_t arrival = lane.next_arrival++;
  ++lane.rows;
  ++lane.storing;
  ++parked_records_;
  parked_bytes_ += entry.bytes;
  rows_.push_back({.key = ParkedKey(ParkedPrefix(parked_prefix_, *lane.key), arrival),
                   .record = entry.record,
                   .arrival = arrival,
                   .attempts = entry.attempts,
                   .reason = entry.attempts > 0 ? stats_.last_error : std::string(),
                   .entry = &entry,
                   .lane = &lane});
}

// From now on the records of this key go through the parking, those in memory first.
void Subscription::Machine::Park(Lane& lane) {
  CHECK(lane.mode == Lane::Mode::kFlowing && !lane.in_batch);
  lane.mode = Lane::Mode::kParked;
  Entry* entry = std::exchange(lane.head, nullptr);
  lane.tail = nullptr;
  while (entry != nullptr) {
    Entry* next = std::exchange(entry->next, nullptr);
    --waiting_;
    StoreBehind(lane, *entry);
    entry = next;
  }
}

// Forgets what was loaded; the rows are there.
void Subscription::Machine::Unload(Lane& lane) {
  Entry* entry = std::exchange(lane.head, nullptr);
  lane.tail = nullptr;
  if (entry != nullptr) lane.load_from = *entry->arrival;
  while (entry != nullptr) {
    Entry* next = entry->next;
    --waiting_;
    loaded_.erase(entry->self);
    entry = next;
  }
}

// REQUIRES: the entry is the head of its lane, waits, and there is room for a dead letter.
void Subscription::Machine::Bury(Entry& entry, DeadReason reason, std::string cause) {
  Lane& lane = *entry.lane;
  CHECK(lane.head == &entry && entry.state == Entry::State::kWaiting);
  const bool hold = options_.after_failure == AfterFailure::kHold;
  DeadLetter letter;
  letter.number = next_letter_++;
  letter.dead_ms = executor_.clock().NowMillis();
  letter.attempts = entry.attempts;
  letter.reason = reason;
  letter.holds_key = hold;
  letter.cause = std::move(cause);
  if (options_.on_failure == nullptr) ++letters_;
  ++stats_.buried;
  PendingRow row{
      .key = DeadLetterKey(dead_prefix_, letter.number), .record = entry.record, .letter = std::move(letter)};
  row.letter->record.order_key = *lane.key;

  lane.head = entry.next;
  if (lane.head == nullptr) lane.tail = nullptr;
  --waiting_;
  if (entry.arrival) {
    rows_.push_back({.key = ParkedKey(ParkedPrefix(parked_prefix_, *lane.key), *entry.arrival), .with_next = true});
    --lane.rows;
    --parked_records_;
    parked_bytes_ -= entry.bytes;
    loaded_.erase(entry.self);
  } else {
    entry.state = Entry::State::kStoring;
    entry.next = nullptr;
    row.entry = &entry;
    row.lane = &lane;
    ++lane.storing;
  }
  rows_.push_back(std::move(row));
  if (!hold) return;
  ++lane.held_by;
  if (lane.mode == Lane::Mode::kFlowing) {
    lane.in_batch = false;
    Park(lane);
  } else {
    Unload(lane);
  }
  lane.mode = Lane::Mode::kHeld;
}

// In front of everything else of its key.
void Subscription::Machine::PutBack(Lane& lane, const DeadLetter& letter) {
  if (lane.mode == Lane::Mode::kFlowing) {
    Park(lane);
  } else if (lane.mode == Lane::Mode::kParked) {
    Unload(lane);
  }
  const std::uint64_t arrival = --lane.first_arrival;
  lane.load_from = arrival;
  ++lane.rows;
  ++parked_records_;
  Record record = letter.record;
  parked_bytes_ += record.SizeBytes();
  ++lane.fronting;
  rows_.push_back(
      {.key = DeadLetterKey(dead_prefix_, letter.number), .with_next = true, .removed_letter = letter.number});
  rows_.push_back({.key = ParkedKey(ParkedPrefix(parked_prefix_, *lane.key), arrival),
                   .record = std::make_shared<const Record>(std::move(record)),
                   .arrival = arrival,
                   .reason = letter.cause,
                   .front_of = &lane});
}

Result<std::vector<DeadLetter>> Subscription::Machine::DeadLetters(std::uint64_t after, std::size_t letters_max) {
  std::vector<DeadLetter> letters;
  while (letters.size() < letters_max) {
    // Before the rows are read: one that is being removed is not there any more.
    std::unordered_set<std::uint64_t> removing;
    {
      std::lock_guard lock(mutex_);
      removing = removing_;
    }
    const std::size_t wanted = letters_max - letters.size();
    ASSIGN_OR_RETURN(const auto rows, store_.Scan(dead_prefix_, DeadLetterKey(dead_prefix_, after), wanted));
    for (const StateRow& row : rows) {
      ASSIGN_OR_RETURN(DeadLetter letter, DeadLetter::Decode(dead_prefix_, row.key, *row.value));
      after = letter.number;
      if (!removing.contains(letter.number)) letters.push_back(std::move(letter));
    }
    if (rows.size() < wanted) break;
  }
  return letters;
}

Status Subscription::Machine::AwaitStored() {
  Lock lock(mutex_);
  const std::uint64_t target = rows_taken_ + rows_.size();
  quiet_.wait(lock, [&] { return rows_stored_ >= target || stopping_ || state_ == SubscriptionState::kFailed; });
  if (state_ == SubscriptionState::kFailed)
    return Err(ErrorCode::kUnavailable, {}, "{} failed before it was stored: {}", name(), error_->message());
  if (rows_stored_ < target) return Err(ErrorCode::kUnavailable, {}, "{} was stopped before it was stored", name());
  return Ok();
}

Result<std::size_t> Subscription::Machine::Remove(const std::vector<std::uint64_t>& numbers, Way way) {
  // From here on nobody else removes them.
  std::set<std::uint64_t, std::greater<>> ours(numbers.begin(), numbers.end());
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return Err(ErrorCode::kUnavailable, {}, "{} is stopping", name());
    if (state_ == SubscriptionState::kFailed)
      return Err(ErrorCode::kFailedPrecondition, {}, "{} has failed and must be sent to a place in its log first: {}",
                 name(), error_->message());
    std::erase_if(ours, [&](std::uint64_t number) { return !removing_.insert(number).second; });
  }
  std::vector<DeadLetter> letters;  // the last first
  std::optional<Error> error;
  for (const std::uint64_t number : ours) {
    const std::string key = DeadLetterKey(dead_prefix_, number);
    const auto stored = store_.Load(key);
    if (stored.ok() && !*stored) continue;
    auto letter = stored.ok() ? DeadLetter::Decode(dead_prefix_, key, **stored) : Result<DeadLetter>(stored.error());
    if (!letter.ok()) {
      error = letter.error();
      letters.clear();
      break;
    }
    letters.push_back(*std::move(letter));
  }
  {
    // All at once: a step in between could deliver the last letter of a key before the first is put in front of it.
    std::lock_guard lock(mutex_);
    for (const DeadLetter& letter : letters) ours.erase(letter.number);
    for (const std::uint64_t number : ours) removing_.erase(number);  // they are not there
    if (error) return *std::move(error);
    std::set<std::string> released;
    for (const DeadLetter& letter : letters) {
      --letters_;
      Lane& lane = LaneOf(letter.record.order_key);
      if (letter.holds_key && lane.held_by > 0) --lane.held_by;
      released.insert(letter.record.order_key);
      if (way == Way::kDrop) {
        rows_.push_back({.key = DeadLetterKey(dead_prefix_, letter.number), .removed_letter = letter.number});
      } else if (lane.in_batch || lane.loading) {
        lane.redriven.insert(lane.redriven.begin(), letter);
      } else {
        PutBack(lane, letter);
      }
    }
    for (const std::string& key : released) {
      Lane& lane = LaneOf(key);
      if (lane.mode == Lane::Mode::kHeld && lane.held_by == 0) {
        lane.mode = Lane::Mode::kParked;
        lane.waiting = false;
      }
      if (!lane.in_batch && !lane.loading) Release(lane);
    }
  }
  Schedule();
  return letters.size();
}

// There may be room again for what the limits held back.
void Subscription::Machine::Unblock() {
  for (auto at = overflowing_.begin(); at != overflowing_.end();) {
    Lane& lane = **at;
    while (!lane.overflow.empty() && CanPark(lane, *lane.overflow.front())) {
      Entry& entry = *lane.overflow.front();
      lane.overflow.pop_front();
      std::deque<Entry*> behind = std::exchange(lane.overflow, {});
      StoreBehind(lane, entry);
      lane.overflow = std::move(behind);
    }
    at = lane.overflow.empty() ? overflowing_.erase(at) : std::next(at);
  }
}

// A key that has nothing to wait for flows again; one that has nothing at all is forgotten.
void Subscription::Machine::EraseIfIdle(Lane& lane) {
  if (lane.mode == Lane::Mode::kParked && !lane.in_batch && !lane.loading && lane.head == nullptr &&
      lane.fronting == 0) {
    if (lane.rows > lane.storing) {
      if (!lane.waiting) {
        lane.loading = true;
        to_load_.push_back(&lane);
      }
      return;
    }
    if (lane.rows > 0 || !lane.overflow.empty()) return;  // when they are stored
    lane.mode = Lane::Mode::kFlowing;
  }
  if (lane.mode == Lane::Mode::kFlowing && lane.head == nullptr && !lane.in_batch && !lane.waiting && !lane.loading &&
      !lane.listed && lane.storing == 0 && lane.fronting == 0 && lane.overflow.empty() && lane.redriven.empty())
    lanes_.erase(lanes_.find(*lane.key));
}

// How many rows go in the next write. A letter for a failure destination goes with its own rows alone.
std::size_t Subscription::Machine::NextRows() const {
  std::size_t count = 0;
  while (count < std::min(rows_.size(), kRowsPerWrite)) {
    std::size_t group = 1;
    while (rows_[count + group - 1].with_next) ++group;
    const bool leaves = options_.on_failure != nullptr && rows_[count + group - 1].letter.has_value();
    if (leaves) return count == 0 ? group : count;
    count += group;
  }
  return count;
}

bool Subscription::Machine::FlushRows(Lock& lock) {
  if (rows_.empty() || letter_wait_) return false;
  const std::size_t count = NextRows();
  std::vector<PendingRow> pending(std::make_move_iterator(rows_.begin()),
                                  std::make_move_iterator(rows_.begin() + static_cast<std::ptrdiff_t>(count)));
  rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(count));
  ++writes_;
  rows_taken_ += count;
  lock.unlock();
  if (options_.on_failure != nullptr && pending.back().letter) {
    SendLetter(std::move(pending));
    lock.lock();
    return true;
  }
  std::vector<StateRow> rows;
  std::vector<DeadLetter> letters;
  rows.reserve(pending.size());
  for (PendingRow& row : pending) {
    StateRow& stored = rows.emplace_back(StateRow{std::move(row.key), std::nullopt});
    if (row.letter) {
      std::string order_key = std::move(row.letter->record.order_key);
      row.letter->record = Described(log_, *row.record);
      row.letter->record.order_key = std::move(order_key);
      stored.value = row.letter->EncodeValue();
      letters.push_back(*std::move(row.letter));
    } else if (row.record != nullptr) {
      const ParkedRecord parked{.record = Described(log_, *row.record),
                                .arrival = row.arrival,
                                .attempts = row.attempts,
                                .reason = std::move(row.reason)};
      stored.value = parked.EncodeValue();
    }
  }
  store_.Write(std::move(rows), [self = shared_from_this(), pending = std::move(pending)](const Status& written) {
    self->OnRowsWritten(pending, written);
  });
  if (observer_.buried)
    for (const DeadLetter& letter : letters) observer_.buried(letter);
  lock.lock();
  return true;
}

// The last of the rows is the letter; the others go with it.
void Subscription::Machine::SendLetter(std::vector<PendingRow> pending) {
  PendingRow& last = pending.back();
  DeadLetter letter = *last.letter;
  std::string order_key = std::move(letter.record.order_key);
  letter.record = Described(log_, *last.record);
  letter.record.order_key = std::move(order_key);
  std::vector<StateRow> rows;
  for (std::size_t i = 0; i + 1 < pending.size(); ++i) rows.push_back({pending[i].key, std::nullopt});
  auto shared = std::make_shared<std::vector<PendingRow>>(std::move(pending));
  options_.on_failure->Send(letter, std::move(rows), [self = shared_from_this(), shared, letter](const Status& sent) {
    if (sent.ok()) {
      if (self->observer_.buried) self->observer_.buried(letter);
      return self->OnRowsWritten(*shared, sent);
    }
    log::Warn("{}: what was given up could not be sent away, trying again: {}", self->name(), sent.error().message());
    {
      std::lock_guard lock(self->mutex_);
      --self->writes_;
      self->rows_taken_ -= shared->size();
      self->rows_.insert(self->rows_.begin(), std::make_move_iterator(shared->begin()),
                         std::make_move_iterator(shared->end()));
      self->letter_wait_ = true;
      self->quiet_.notify_all();
    }
    self->executor_.PostAfter(kSendAgainAfter, [self] {
      {
        std::lock_guard lock(self->mutex_);
        self->letter_wait_ = false;
      }
      self->Schedule();
    });
  });
}

void Subscription::Machine::OnRowsWritten(const std::vector<PendingRow>& rows, const Status& written) {
  {
    std::lock_guard lock(mutex_);
    --writes_;
    rows_stored_ += rows.size();
    for (const PendingRow& row : rows)
      if (row.removed_letter != 0) removing_.erase(row.removed_letter);
    if (written.ok()) {
      std::set<Lane*> touched;
      for (const PendingRow& row : rows)
        if (row.entry != nullptr) Discharge(*row.entry);
      for (const PendingRow& row : rows) {
        Lane* lane = row.lane != nullptr ? row.lane : row.front_of;
        if (lane == nullptr) continue;
        --(row.lane != nullptr ? lane->storing : lane->fronting);
        touched.insert(lane);
      }
      for (Lane* lane : touched) EraseIfIdle(*lane);
      AdvanceWatermark();
    } else if (state_ != SubscriptionState::kFailed) {
      Fail(written.error().WithContext("storing parked records"));
    }
    quiet_.notify_all();
  }
  Schedule();
}

}  // namespace millrace::flow
