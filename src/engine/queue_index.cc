#include "engine/queue_index.h"

#include <algorithm>

#include "base/check.h"

namespace millrace::engine {
namespace {

constexpr std::size_t kReadAhead = 256;
// Of one group in a standard queue: more has a backlog of its own, which waits in line.
constexpr std::size_t kAheadPerGroup = 1000;

}  // namespace

void QueueIndex::Leave(Entries::iterator it) {
  Entry& entry = it->second;
  switch (entry.state) {
    case State::kReady:
      if (!fifo_ && entry.group == nullptr) ready_.erase(it->first);
      if (!entry.ahead) --line_ready_;
      break;
    case State::kDelayed:
      timers_.erase({DueOf(entry), it->first});
      --delayed_;
      break;
    case State::kLeased:
      timers_.erase({DueOf(entry), it->first});
      [[fallthrough]];
    case State::kClaimed:
      --held_;
      if (entry.group != nullptr) {
        --entry.group->held;
        --grouped_held_;
      }
      return;
  }
  if (entry.group != nullptr) entry.group->waiting.erase(it->first);
}

void QueueIndex::Enter(Entries::iterator it, State state) {
  Entry& entry = it->second;
  entry.state = state;
  switch (state) {
    case State::kReady:
      if (!fifo_ && entry.group == nullptr) ready_.insert(it->first);
      if (!entry.ahead) ++line_ready_;
      break;
    case State::kDelayed:
      timers_.emplace(DueOf(entry), it->first);
      ++delayed_;
      break;
    case State::kLeased:
      timers_.emplace(DueOf(entry), it->first);
      [[fallthrough]];
    case State::kClaimed:
      ++held_;
      if (entry.group != nullptr) {
        ++entry.group->held;
        ++grouped_held_;
      }
      return;
  }
  // A delayed message holds back what follows it in its group only where order counts.
  if (entry.group != nullptr && (fifo_ || state == State::kReady)) entry.group->waiting.insert(it->first);
}

void QueueIndex::Refresh(Group* group) {
  if (group == nullptr) return;
  std::optional<std::uint64_t> offer;
  if ((group->held == 0 || !fifo_) && !group->waiting.empty()) {
    const std::uint64_t head = *group->waiting.begin();
    if (entries_.find(head)->second.state == State::kReady) offer = head;
  }
  const bool noisy = IsNoisy(*group);
  if (offer != group->offered || noisy != group->noisy) {
    if (group->offered) (group->noisy ? noisy_ : free_).erase({*group->offered, group});
    if (offer) (noisy ? noisy_ : free_).emplace(*offer, group);
    group->offered = offer;
    group->noisy = noisy;
  }
  if (group->entries == 0) groups_.erase(*group->name);
}

void QueueIndex::Insert(NewEntry added, std::int64_t now_ms) {
  const auto [it, is_new] = entries_.try_emplace(added.sequence);
  if (!is_new) return;
  Entry& entry = it->second;
  entry.bytes = static_cast<std::uint32_t>(added.bytes);
  entry.sent_ms = added.sent_ms;
  entry.due_ms = added.delayed_until_ms;
  entry.value = std::move(added.value);
  entry.ahead = added.ahead;
  if (fifo_ || !added.group.empty()) {
    const auto [group, created] = groups_.try_emplace(std::string(added.group));
    if (created) group->second.name = &group->first;
    entry.group = &group->second;
    ++entry.group->entries;
  }
  State state = State::kReady;
  if (added.lease) {
    entry.lease = *added.lease;
    if (entry.lease.visible_ms > now_ms) state = State::kLeased;
  } else if (entry.due_ms > now_ms) {
    state = State::kDelayed;
  }
  Enter(it, state);
  Refresh(entry.group);
}

void QueueIndex::Reach(std::uint64_t sequence) {
  const auto it = entries_.find(sequence);
  if (it == entries_.end() || !it->second.ahead) return;
  it->second.ahead = false;
  if (it->second.state == State::kReady) ++line_ready_;
}

bool QueueIndex::Tick(std::int64_t now_ms) {
  bool freed = false;
  while (!timers_.empty() && timers_.begin()->first <= now_ms) {
    const auto it = entries_.find(timers_.begin()->second);
    Set(it, State::kReady);
    Refresh(it->second.group);
    freed = true;
  }
  return freed && HasReady();
}

QueueIndex::Given QueueIndex::Give(Entries::iterator it, const PickOptions& options, Pick& pick) {
  Entry& entry = it->second;
  if (pick.leased.size() >= options.messages_max) {
    pick.full = true;
    return Given::kStop;
  }
  if (entry.sent_ms < options.sent_after_ms) {
    Set(it, State::kClaimed);
    pick.expired.push_back(it->first);
    return Given::kExpired;
  }
  if (options.receives_max && entry.lease.receives >= *options.receives_max) {
    Set(it, State::kClaimed);
    pick.move.push_back(it->first);
    return Given::kMoved;
  }
  if (AtLimit()) {
    pick.over_limit = true;
    return Given::kStop;
  }
  if (pick.leased.size() >= options.messages_max ||
      (!pick.leased.empty() && pick.bytes + entry.bytes > options.bytes_max)) {
    pick.full = true;
    return Given::kStop;
  }
  pick.bytes += entry.bytes;
  Leave(it);
  if (entry.lease.receives == 0) entry.lease.first_ms = options.now_ms;
  ++entry.lease.receives;
  entry.lease.visible_ms = options.visible_ms;
  entry.lease.nonce = options.nonce;
  Enter(it, State::kLeased);
  pick.leased.push_back({it->first, entry.lease, std::move(entry.value)});
  return Given::kTaken;
}

QueueIndex::Entries::iterator QueueIndex::Next() {
  // A group moves at most once here: its share does not change meanwhile.
  if (!noisy_.empty()) Refresh(noisy_.begin()->second);
  while (!free_.empty() && IsNoisy(*free_.begin()->second)) Refresh(free_.begin()->second);
  const bool alone = !ready_.empty() && (free_.empty() || *ready_.begin() < free_.begin()->first);
  if (alone) return entries_.find(*ready_.begin());
  if (!free_.empty()) return entries_.find(free_.begin()->first);
  return noisy_.empty() ? entries_.end() : entries_.find(noisy_.begin()->first);
}

void QueueIndex::Take(const PickOptions& options, Pick& pick) {
  if (!fifo_) {
    for (auto it = Next(); it != entries_.end(); it = Next()) {
      const Given given = Give(it, options, pick);
      Refresh(it->second.group);
      if (given == Given::kStop) return;
    }
    return;
  }
  Given given = Given::kTaken;
  while (!free_.empty() && given != Given::kStop) {
    Group* group = free_.begin()->second;
    while (!group->waiting.empty()) {
      const auto it = entries_.find(*group->waiting.begin());
      if (it->second.state != State::kReady) break;
      given = Give(it, options, pick);
      // What follows a message that is moved must not overtake it.
      if (given == Given::kStop || given == Given::kMoved) break;
    }
    Refresh(group);
  }
}

ReceiptOutcome QueueIndex::Claim(std::uint64_t sequence, std::uint64_t nonce, bool* fresh) {
  *fresh = false;
  const auto it = entries_.find(sequence);
  if (it == entries_.end()) return ReceiptOutcome::kUnknown;
  const Entry& entry = it->second;
  if (entry.lease.receives == 0 || entry.lease.nonce != nonce)
    return fifo_ ? ReceiptOutcome::kExpired : ReceiptOutcome::kUnknown;
  if (entry.state == State::kClaimed) return ReceiptOutcome::kDone;
  if (entry.state != State::kLeased && fifo_) return ReceiptOutcome::kExpired;
  *fresh = true;
  Set(it, State::kClaimed);
  Refresh(entry.group);
  return ReceiptOutcome::kDone;
}

bool QueueIndex::IsLeased(std::uint64_t sequence, std::uint64_t nonce, std::int64_t visible_ms) const {
  const auto it = entries_.find(sequence);
  return it != entries_.end() && it->second.state == State::kLeased && it->second.lease.nonce == nonce &&
         it->second.lease.visible_ms == visible_ms;
}

ReceiptOutcome QueueIndex::SetVisibility(std::uint64_t sequence, std::uint64_t nonce, std::int64_t visible_ms,
                                         std::int64_t now_ms, bool untried, Lease* lease, bool* freed) {
  const auto it = entries_.find(sequence);
  if (it == entries_.end()) return ReceiptOutcome::kUnknown;
  Entry& entry = it->second;
  if (entry.lease.receives == 0 || entry.lease.nonce != nonce)
    return fifo_ ? ReceiptOutcome::kExpired : ReceiptOutcome::kUnknown;
  if (entry.state == State::kClaimed) return ReceiptOutcome::kUnknown;
  if (entry.state != State::kLeased) return ReceiptOutcome::kExpired;
  Leave(it);
  entry.lease.visible_ms = visible_ms;
  if (untried && visible_ms <= now_ms) --entry.lease.receives;
  Enter(it, visible_ms > now_ms ? State::kLeased : State::kReady);
  *lease = entry.lease;
  if (entry.state == State::kReady) *freed = true;
  Refresh(entry.group);
  return ReceiptOutcome::kDone;
}

std::vector<std::uint64_t> QueueIndex::ClaimExpired(std::int64_t sent_before_ms, std::size_t max, bool* all) {
  *all = false;
  std::vector<std::uint64_t> claimed;
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    Entry& entry = it->second;
    if (claimed.size() >= max) return claimed;
    if (entry.sent_ms >= sent_before_ms) {
      *all = entry.ahead;  // older ones may not be here yet
      return claimed;
    }
    if (entry.state == State::kLeased || entry.state == State::kClaimed) continue;
    Set(it, State::kClaimed);
    Refresh(entry.group);
    claimed.push_back(it->first);
  }
  *all = true;
  return claimed;
}

void QueueIndex::Remove(Entries::iterator it) {
  Group* group = it->second.group;
  Leave(it);
  if (group != nullptr) --group->entries;
  entries_.erase(it);
  Refresh(group);
}

bool QueueIndex::Erase(std::uint64_t sequence) {
  const bool was_at_limit = AtLimit();
  const auto it = entries_.find(sequence);
  if (it == entries_.end()) return false;
  Remove(it);
  return fifo_ ? HasReady() : was_at_limit;
}

void QueueIndex::GiveBack(std::uint64_t sequence) {
  const auto it = entries_.find(sequence);
  if (it == entries_.end() || it->second.state != State::kClaimed) return;
  Set(it, State::kReady);
  Refresh(it->second.group);
}

void QueueIndex::EraseThrough(std::uint64_t sequence) {
  while (!entries_.empty() && entries_.begin()->first <= sequence) Remove(entries_.begin());
}

bool QueueIndex::Wants(std::size_t messages) const {
  if (fifo_) return free_.empty() && entries_.size() < group_window_;
  return line_ready_ < messages;
}

bool QueueIndex::HasRoom() const {
  return fifo_ ? entries_.size() < group_window_ : line_ready_ < kReadAhead;
}

bool QueueIndex::TakesAhead(std::string_view group) const {
  if (fifo_ || group.empty() || entries_.size() >= group_window_) return false;
  const auto found = groups_.find(std::string(group));
  return found == groups_.end() || found->second.waiting.size() < kAheadPerGroup;
}

std::optional<std::int64_t> QueueIndex::NextDueMs() const {
  return timers_.empty() ? std::nullopt : std::optional(timers_.begin()->first);
}

}  // namespace millrace::engine
