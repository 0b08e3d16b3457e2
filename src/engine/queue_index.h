// QueueIndex is what is known in memory of a queue's messages: which can be received, who holds which, what ends when.
//
// It holds the messages that were received, that are delayed, and those next in line; the rest is in the store only,
// behind the cursor of who fills it. Messages are given out oldest first; in a FIFO queue group by group, the group
// with the oldest message first, and a group of which anything is held not at all.
//
// A standard queue is fair among groups: of those of which more is held than of the others, more than one above their
// equal share, nothing is given out while others have messages. So that a backlog of one group does not hide the
// others, their messages are inserted ahead of the line, before it is their turn.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
//
// Threads:   externally synchronised.
// Ownership: owns its entries.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/queue.h"
#include "engine/queue_message.h"
#include "engine/queues.h"

namespace millrace::engine {

class QueueIndex {
 public:
  explicit QueueIndex(bool fifo, std::size_t in_flight_max = queue_limits::kInFlightMax,
                      std::size_t group_window = queue_limits::kGroupWindow)
      : fifo_(fifo), in_flight_max_(in_flight_max), group_window_(group_window) {}
  QueueIndex(const QueueIndex&) = delete;
  QueueIndex& operator=(const QueueIndex&) = delete;

  struct NewEntry {
    std::uint64_t sequence = 0;
    std::int64_t sent_ms = 0;
    std::int64_t delayed_until_ms = 0;  // 0: not delayed
    std::string_view group = {};        // standard: empty if it has none
    bool ahead = false;                 // what is older than this one may not be here
    std::size_t bytes = 0;
    std::optional<Lease> lease = {};
    std::shared_ptr<const std::string> value = {};  // the stored message, if it is at hand
  };
  // Nothing happens if it is there already.
  void Insert(NewEntry entry, std::int64_t now_ms);
  bool Contains(std::uint64_t sequence) const { return entries_.contains(sequence); }
  // It is no longer ahead of the line, if it is there: all that is older has been inserted.
  void Reach(std::uint64_t sequence);

  // Ends delays and leases. True if there is more to give out.
  bool Tick(std::int64_t now_ms);

  struct PickOptions {
    std::size_t messages_max = 1;
    std::size_t bytes_max = 1 << 20;
    std::int64_t now_ms = 0;
    std::int64_t visible_ms = 0;                // until when
    std::int64_t sent_after_ms = 0;             // what was sent before then has expired
    std::optional<std::uint32_t> receives_max;  // beyond, it is moved
    std::uint64_t nonce = 0;
  };
  struct Picked {
    std::uint64_t sequence = 0;
    Lease lease;
    std::shared_ptr<const std::string> value;
  };
  struct Pick {
    std::vector<Picked> leased;
    // Claimed: nobody else is given them. They are to be moved or removed, then Erased, or given back.
    std::vector<std::uint64_t> move;
    std::vector<std::uint64_t> expired;
    std::size_t bytes = 0;    // of what is leased
    bool over_limit = false;  // too many in flight
    bool full = false;        // there was more than was asked for
  };
  // Adds to what was picked before with the same options.
  void Take(const PickOptions& options, Pick& pick);

  // For who holds the message's current lease: to delete or to move it. `kDone`: it is claimed; `fresh` if by this
  // call.
  ReceiptOutcome Claim(std::uint64_t sequence, std::uint64_t nonce, bool* fresh);
  // Whether that lease is the current one, and began when it was given out, until that time.
  bool IsLeased(std::uint64_t sequence, std::uint64_t nonce, std::int64_t visible_ms) const;
  // `lease`: as it is now, if the outcome is kDone. `freed`: there is more to give out.
  ReceiptOutcome SetVisibility(std::uint64_t sequence, std::uint64_t nonce, std::int64_t visible_ms,
                               std::int64_t now_ms, bool untried, Lease* lease, bool* freed);
  // What was sent before, at most so many, oldest first; claimed. Stops at the first that has not expired. `all`: there
  // is none, or it is ahead of the line.
  std::vector<std::uint64_t> ClaimExpired(std::int64_t sent_before_ms, std::size_t max, bool* all);
  // Of claimed messages. True if there is more to give out.
  bool Erase(std::uint64_t sequence);
  void GiveBack(std::uint64_t sequence);
  void EraseThrough(std::uint64_t sequence);

  // To give out the oldest so many, messages behind the cursor have to be inserted, and may be.
  bool Wants(std::size_t messages) const;
  // Of a standard queue: whether a message of this group is to be inserted ahead of the line.
  bool TakesAhead(std::string_view group) const;
  // For what comes next in line though nobody asked for it yet.
  bool HasRoom() const;
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  std::uint64_t first() const { return entries_.begin()->first; }  // REQUIRES: !empty()
  std::int64_t oldest_ms() const { return empty() ? 0 : entries_.begin()->second.sent_ms; }
  std::size_t held() const { return held_; }  // leased or claimed
  std::size_t delayed() const { return delayed_; }
  bool HasReady() const { return !free_.empty() || !ready_.empty() || !noisy_.empty(); }
  // When the next delay or lease ends.
  std::optional<std::int64_t> NextDueMs() const;

 private:
  enum class State : std::uint8_t { kReady, kDelayed, kLeased, kClaimed };
  struct Group {
    const std::string* name = nullptr;
    std::size_t entries = 0;
    std::set<std::uint64_t> waiting;  // ready; FIFO: or delayed
    std::size_t held = 0;
    std::optional<std::uint64_t> offered;  // the message that stands for it in free_ or noisy_
    bool noisy = false;
  };
  using Offers = std::set<std::pair<std::uint64_t, Group*>>;
  struct Entry {
    State state = State::kReady;
    bool ahead = false;
    std::uint32_t bytes = 0;
    std::int64_t sent_ms = 0;
    std::int64_t due_ms = 0;  // of the delay
    Lease lease;
    Group* group = nullptr;
    std::shared_ptr<const std::string> value;
  };
  using Entries = std::map<std::uint64_t, Entry>;

  // An entry's times change only between the two.
  void Leave(Entries::iterator entry);
  void Enter(Entries::iterator entry, State state);
  void Set(Entries::iterator entry, State state) {
    Leave(entry);
    Enter(entry, state);
  }
  // After entries of the group changed: whether it can be received from. It may be gone then.
  void Refresh(Group* group);
  void Remove(Entries::iterator entry);
  // What becomes of the next message.
  enum class Given : std::uint8_t { kTaken, kMoved, kExpired, kStop };
  Given Give(Entries::iterator entry, const PickOptions& options, Pick& pick);
  // Of a standard queue: the entry that is next, or the end.
  Entries::iterator Next();
  bool IsNoisy(const Group& group) const {
    return !fifo_ && group.held * groups_.size() > grouped_held_ + groups_.size();
  }
  bool AtLimit() const { return held_ >= in_flight_max_; }
  std::int64_t DueOf(const Entry& entry) const {
    return entry.state == State::kDelayed ? entry.due_ms : entry.lease.visible_ms;
  }

  const bool fifo_;
  const std::size_t in_flight_max_;
  const std::size_t group_window_;
  Entries entries_;
  std::set<std::pair<std::int64_t, std::uint64_t>> timers_;  // of what is delayed or leased
  std::size_t held_ = 0;
  std::size_t delayed_ = 0;
  std::size_t grouped_held_ = 0;
  std::size_t line_ready_ = 0;                     // standard: ready, and not ahead of the line
  std::set<std::uint64_t> ready_;                  // standard, without a group
  std::unordered_map<std::string, Group> groups_;  // nodes stay where they are
  // By their first message, which is ready. Standard: a group may have become noisy, or quiet, since it was put here.
  Offers free_;
  Offers noisy_;  // standard
};

}  // namespace millrace::engine
