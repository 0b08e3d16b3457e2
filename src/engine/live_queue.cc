#include "engine/live_queue.h"

#include <algorithm>

#include "base/check.h"
#include "engine/layout.h"

namespace millrace::engine {
namespace {

// One step of reading ahead. In a FIFO queue only where the messages are and of which group is kept of them.
constexpr std::size_t kFillMessages = 256;
constexpr std::size_t kFillBytes = 256 << 10;
constexpr std::size_t kFifoFillMessages = 1024;
constexpr std::size_t kFifoFillBytes = 1 << 20;
// What was just sent to a queue whose end is in the index is kept there as it is, if it is small and little.
constexpr std::size_t kHandOverBytes = 4 << 10;
constexpr std::size_t kHandOverMessages = 256;

}  // namespace

LiveQueue::LiveQueue(const LiveQueueParts& parts, ScopeId scope, QueueId id, std::string arn, bool fifo)
    : parts_(parts), scope_(scope), id_(id), arn_(std::move(arn)), fifo_(fifo), index_(fifo) {}

Status LiveQueue::Load(SequenceNumber last) {
  std::string value;
  ASSIGN_OR_RETURN(const bool known, parts_.store.Get(store::Space::kState, layout::QueueCountsKey(id_), &value));
  if (known) {
    ASSIGN_OR_RETURN(counts_, DecodeCounts(value));
  }
  const std::string prefix = layout::LeasePrefix(id_);
  const auto leases =
      parts_.store.NewIterator(store::Space::kState, {.lower = prefix, .upper = store::PrefixEnd(prefix)});
  for (leases->SeekToFirst(); leases->Valid(); leases->Next()) {
    ASSIGN_OR_RETURN(const Lease lease, DecodeLease(leases->value()));
    found_leases_[layout::SequenceOfLeaseKey(leases->key())] = lease;
  }
  TRY(leases->status());

  messages_ = counts_.messages;
  last_sent_ = loaded_ = last;
  cursor_ = counts_.messages == 0 ? last : SequenceNumber(std::max<std::uint64_t>(counts_.front.value(), 1) - 1);
  if (!fifo_) TRY(LoadLeases());
  if (fifo_ && !found_leases_.empty()) {
    const SequenceNumber end = found_leases_.rbegin()->first;
    TRY(Fill([&] { return cursor_ < end && !AtEndLocked(); }));
  }
  found_leases_.clear();
  return Ok();
}

// What was received may stand far behind the first in line.
Status LiveQueue::LoadLeases() {
  const std::int64_t now_ms = parts_.clock.NowMillis();
  for (const auto& [sequence, lease] : found_leases_) {
    ASSIGN_OR_RETURN(const auto value, ReadMessage(sequence.value()));
    if (!value) continue;
    ASSIGN_OR_RETURN(const StoredMessage message, DecodeMessage(*value));
    QueueIndex::NewEntry entry{.sequence = sequence.value(), .sent_ms = message.sent_ms};
    entry.group = message.group;
    entry.ahead = sequence > cursor_;
    entry.bytes = value->size();
    entry.lease = lease;
    index_.Insert(std::move(entry), now_ms);
    if (sequence > cursor_) ahead_.insert(sequence);
  }
  return Ok();
}

Status LiveQueue::Fill(const std::function<bool()>& wanted) {
  struct Row {
    SequenceNumber sequence;
    std::shared_ptr<const std::string> value;
    StoredMessage message;
  };
  std::vector<Row> rows;
  for (;;) {
    SequenceNumber from;
    {
      std::lock_guard lock(mutex_);
      if (!wanted()) return Ok();
    }
    std::lock_guard fill(fill_mutex_);
    {
      std::lock_guard lock(mutex_);
      if (!wanted()) return Ok();
      from = cursor_;
      filling_ = true;
    }
    struct Filled {
      LiveQueue& queue;
      ~Filled() {
        std::lock_guard lock(queue.mutex_);
        queue.filling_ = false;
        for (const SequenceNumber sequence : queue.gone_ahead_) queue.ahead_.erase(sequence);
        queue.gone_ahead_.clear();
      }
    } const filled{*this};
    const SequenceNumber committed = parts_.writer.committed();
    rows.clear();
    const auto stored = parts_.store.NewIterator(
        store::Space::kLog, {.lower = layout::MessageKey(scope_, id_, SequenceNumber(from.value() + 1)),
                             .upper = store::PrefixEnd(layout::MessagePrefix(scope_, id_))});
    std::size_t bytes = 0;
    for (stored->SeekToFirst(); stored->Valid(); stored->Next()) {
      if (rows.size() >= (fifo_ ? kFifoFillMessages : kFillMessages)) break;
      if (!rows.empty() && bytes + stored->value().size() > (fifo_ ? kFifoFillBytes : kFillBytes)) break;
      bytes += stored->value().size();
      Row row{layout::SequenceOfLogKey(stored->key()), std::make_shared<const std::string>(stored->value()), {}};
      ASSIGN_OR_RETURN(row.message, DecodeMessage(*row.value));
      rows.push_back(std::move(row));
    }
    TRY(stored->status());

    std::lock_guard lock(mutex_);
    const std::int64_t now_ms = parts_.clock.NowMillis();
    for (Row& row : rows) {
      if (row.sequence <= gone_ || row.sequence <= cursor_ || ahead_.contains(row.sequence)) continue;
      // Who sent it has put it into the index; meanwhile it may have been deleted.
      if (!fifo_ && row.message.delay_ms > 0 && row.sequence > loaded_) continue;
      QueueIndex::NewEntry entry{.sequence = row.sequence.value(), .sent_ms = row.message.sent_ms};
      if (row.message.delay_ms > 0) entry.delayed_until_ms = row.message.time_ms + row.message.delay_ms;
      entry.group = row.message.group;
      entry.bytes = row.value->size();
      if (const auto lease = found_leases_.find(row.sequence); lease != found_leases_.end()) {
        entry.lease = lease->second;
      } else if (!fifo_ && found_leases_.empty()) {
        entry.value = std::move(row.value);
      }
      index_.Insert(std::move(entry), now_ms);
    }
    const SequenceNumber reached =
        !stored->Valid() ? std::max(committed, rows.empty() ? from : rows.back().sequence) : rows.back().sequence;
    cursor_ = std::max(cursor_, reached);
    while (!ahead_.empty() && *ahead_.begin() <= cursor_) {
      index_.Reach(ahead_.begin()->value());
      ahead_.erase(ahead_.begin());
    }
    PublishDueLocked();
  }
}

Result<std::optional<std::string>> LiveQueue::ReadMessage(std::uint64_t sequence) const {
  std::string value;
  ASSIGN_OR_RETURN(
      const bool there,
      parts_.store.Get(store::Space::kLog, layout::MessageKey(scope_, id_, SequenceNumber(sequence)), &value));
  return there ? std::optional(std::move(value)) : std::nullopt;
}

void LiveQueue::PublishDueLocked() {
  const std::int64_t due_ms = watched_ ? index_.NextDueMs().value_or(kNever) : kNever;
  next_due_ms_.store(due_ms, std::memory_order_relaxed);
  if (due_ms != kNever) parts_.timer.Arm(due_ms);
}

void LiveQueue::Notify() {
  std::lock_guard lock(listeners_mutex_);
  for (const auto& [id, call] : listeners_) call();
}

void LiveQueue::AddListener(std::uint64_t listener, Queues::Listener call) {
  {
    std::lock_guard lock(listeners_mutex_);
    listeners_.emplace(listener, std::move(call));
  }
  std::lock_guard lock(mutex_);
  watched_ = true;
  PublishDueLocked();
}

void LiveQueue::RemoveListener(std::uint64_t listener) {
  bool watched = false;
  {
    std::lock_guard lock(listeners_mutex_);
    listeners_.erase(listener);
    watched = !listeners_.empty();
  }
  std::lock_guard lock(mutex_);
  if (watched) return;
  watched_ = false;
  PublishDueLocked();
}

void LiveQueue::Tick() {
  bool freed = false;
  {
    std::lock_guard lock(mutex_);
    freed = index_.Tick(parts_.clock.NowMillis());
    PublishDueLocked();
  }
  if (freed) Notify();
}

Result<QueueCounts> LiveQueue::Counts() {
  Tick();
  TRY(Fill([&] { return index_.empty() && !AtEndLocked(); }));
  std::lock_guard lock(mutex_);
  QueueCounts counts;
  counts.in_flight = index_.held();
  counts.delayed = index_.delayed();
  counts.visible = messages_ - std::min(messages_, counts.in_flight + counts.delayed);
  counts.oldest_ms = index_.oldest_ms();
  return counts;
}

void LiveQueue::StageMessage(Group& group, SequenceNumber sequence, const std::shared_ptr<const std::string>& value,
                             const StoredMessage& message) {
  group.PutBlind(store::Space::kLog, layout::MessageKey(scope_, id_, sequence), *value);
  group.Join(shared_from_this());
  ++counts_.messages;
  pending_.messages.push_back(
      {sequence, message.sent_ms, message.delay_ms > 0 ? message.time_ms + message.delay_ms : 0, message.group, value});
}

void LiveQueue::StageLease(Group& group, SequenceNumber sequence, const Lease& lease) {
  if (Holds(sequence)) group.PutBlind(store::Space::kState, layout::LeaseKey(id_, sequence), EncodeLease(lease));
}

bool LiveQueue::StageRemoval(Group& group, SequenceNumber sequence) {
  if (!Holds(sequence)) return false;
  group.DeleteBlind(store::Space::kLog, layout::MessageKey(scope_, id_, sequence));
  group.DeleteBlind(store::Space::kState, layout::LeaseKey(id_, sequence));
  group.Join(shared_from_this());
  --counts_.messages;
  pending_.removed.push_back(sequence);
  return true;
}

void LiveQueue::StageReturn(Group& group, SequenceNumber sequence) {
  if (!Holds(sequence)) return;
  group.Join(shared_from_this());
  pending_.returned.push_back(sequence);
}

void LiveQueue::StagePurge(Group& group) {
  purged_ = group.last();
  const std::string messages = layout::MessagePrefix(scope_, id_);
  const std::string leases = layout::LeasePrefix(id_);
  group.DeleteRows(store::Space::kLog, messages, store::PrefixEnd(messages));
  group.DeleteRows(store::Space::kState, leases, store::PrefixEnd(leases));
  group.Join(shared_from_this());
  counts_.messages = 0;
  pending_ = {};
  pending_.purged = true;
}

void LiveQueue::StageEnd(Group& group) {
  StagePurge(group);
  ended_ = true;
}

SequenceNumber LiveQueue::FrontLocked() const {
  const SequenceNumber next(cursor_.value() + 1);
  return index_.empty() ? next : std::min(next, SequenceNumber(index_.first()));
}

void LiveQueue::BeforeCommit(Group& group) {
  const std::string key = layout::QueueCountsKey(id_);
  if (ended_) return group.DeleteBlind(store::Space::kState, key);
  {
    std::lock_guard lock(mutex_);
    counts_.front = FrontLocked();
  }
  group.PutBlind(store::Space::kState, key, EncodeCounts(counts_));
}

void LiveQueue::InsertSentLocked(const Pending::Message& message) {
  const bool next_in_line = AtEndLocked();
  last_sent_ = message.sequence;
  const bool delayed = !fifo_ && message.delayed_until_ms > 0;
  if (message.sequence <= cursor_ && !delayed) return;  // who read ahead was faster
  const bool in_line = message.sequence <= cursor_ || (next_in_line && index_.HasRoom());
  if (in_line || delayed || index_.TakesAhead(message.group)) {
    QueueIndex::NewEntry entry{.sequence = message.sequence.value(), .sent_ms = message.sent_ms};
    entry.delayed_until_ms = message.delayed_until_ms;
    entry.ahead = !in_line;
    entry.group = message.group;
    entry.bytes = message.value->size();
    if (entry.bytes <= kHandOverBytes && index_.size() < kHandOverMessages) entry.value = message.value;
    index_.Insert(std::move(entry), parts_.clock.NowMillis());
    if (in_line) {
      cursor_ = std::max(cursor_, message.sequence);
    } else {
      ahead_.insert(message.sequence);
    }
  }
}

void LiveQueue::AfterCommit() {
  bool wake = ended_;
  {
    std::lock_guard lock(mutex_);
    messages_ = counts_.messages;
    if (pending_.purged) {
      index_.EraseThrough(purged_.value());
      ahead_.erase(ahead_.begin(), ahead_.upper_bound(purged_));
      gone_ = purged_;
      cursor_ = std::max(cursor_, purged_);
    }
    for (const Pending::Message& message : pending_.messages) {
      InsertSentLocked(message);
      wake |= message.delayed_until_ms == 0;
    }
    for (const SequenceNumber sequence : pending_.removed) {
      wake |= index_.Erase(sequence.value());
      // Who is reading ahead may have read it, and must not bring it back.
      if (filling_ && ahead_.contains(sequence)) {
        gone_ahead_.push_back(sequence);
      } else if (!filling_) {
        ahead_.erase(sequence);
      }
    }
    for (const SequenceNumber sequence : pending_.returned) index_.GiveBack(sequence.value());
    wake |= !pending_.returned.empty();
    PublishDueLocked();
  }
  pending_ = {};
  if (wake) Notify();
}

}  // namespace millrace::engine
