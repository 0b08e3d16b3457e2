// Subscription moves the records of one log, or of one queue, to one target, in order per key, losing none.
//
//   feed ─► filter ─► window ─► lanes by order key ─► transform ─► batch ─► target
//                        │            └─ a key that fails: parked, its later records behind it ─► dead letter
//                        └─ watermark ─► checkpoint (never ahead of the target)
//
// Records of one key are delivered one after the other; different keys go side by side. A record that is not taken is
// tried again with back-off, and only its own key waits: at first in memory, then *parked* in a durable log of its own,
// so that the watermark moves on and reading does not stop. While a key is parked, its later records are appended
// behind it. A record whose tries or time are used up, or that will never be taken, becomes a *dead letter*, which
// holds its key (AfterFailure::kHold) or lets it go on.
//
// When the target as a whole is down (it says so, or many keys fail in a row without one success), a breaker opens:
// nothing is tried but one batch after each back-off, nothing is parked, no try is counted, and reading stops when the
// window is full. Reading also stops at the limits of the parking. So memory is bounded whatever the target does.
//
// What a restart finds behind the checkpoint is delivered again: at least once, with the same record ids.
//
// A queue's messages are acknowledged one by one instead: when they are delivered, filtered, or stored as a dead
// letter. One that fails is given back with the back-off as its delay, and what it holds of the same group behind it;
// how often it was received counts as its tries. What is leased and waits is leased anew in time.
//
// Threads:   thread-safe. Its steps run on the executor, one at a time. Start, Stop, Pause, Seek wait for what is under
//            way and must not be called from completions or steps.
// Ownership: feed, target, state store and executor outlive it. Destroy after Stop.
// Failure:   a log that lost records, or stored rows that cannot be read, stop it: state() is kFailed, error() why.
// Seek
//            lets it go on.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "flow/checkpoint.h"
#include "flow/dead_letter.h"
#include "flow/executor.h"
#include "flow/feed.h"
#include "flow/queue.h"
#include "flow/target.h"

namespace millrace::flow {

// Back-off: initial × 2^tries, at most max, with full jitter below the half.
struct RetryPolicy {
  std::optional<std::uint32_t> retries_max;          // tries after the first; nothing: without end
  std::optional<std::chrono::milliseconds> age_max;  // since the record was appended; nothing: without end
  std::chrono::milliseconds backoff_initial{200};
  std::chrono::milliseconds backoff_max{30'000};
};

enum class AfterFailure : std::uint8_t {
  kHold,      // the dead letter holds its key: order before progress
  kContinue,  // the key goes on without it, as with AWS
};

enum class Bisect : std::uint8_t { kOn, kOff };

// Of one subscription. At a limit, reading stops.
struct ParkingLimits {
  std::size_t records_per_key_max = 10'000;
  std::size_t records_max = 100'000;
  std::size_t bytes_max = std::size_t{256} << 20;
  std::size_t dead_letters_max = 100'000;
};

enum class Verdict : std::uint8_t { kDeliver, kSkip };

// Where what is given up goes instead of the subscription's own dead letters: a queue. At least once.
//
// Threads:   thread-safe; `done` may be called from any thread, also before Send returns, exactly once.
// Failure:   the subscription sends it again until it is taken, and holds nothing else up but its rows.
class FailureDestination {
 public:
  virtual ~FailureDestination() = default;
  // `rows` are written if and only if the letter is taken.
  virtual void Send(const DeadLetter& letter, std::vector<StateRow> rows, std::function<void(Status)> done) = 0;
};

struct SubscriptionOptions {
  SubscriptionId id;
  Start start = Start::Latest();
  std::optional<Position> end;  // it is finished when it has done everything up to there; nothing beyond is delivered
  bool paused = false;          // until Resume, whatever was stored
  Interest interest;
  // Null: everything passes. False: the record is done.
  std::function<bool(const Record&)> filter;
  // Null: the log's own order key.
  std::function<std::string(const Record&)> order_key;
  // Null: the record as it is. An error means that this record can never be delivered. Repeated for every try.
  std::function<Result<Verdict>(Record&)> transform;
  RetryPolicy retry;
  AfterFailure after_failure = AfterFailure::kHold;
  std::shared_ptr<FailureDestination> on_failure;  // with kContinue; null: dead letters are kept here
  Bisect bisect = Bisect::kOn;                     // of a batch that an atomic target refused
  std::size_t batch_records_max = 100;             // not more than the target's own limit
  std::chrono::milliseconds batch_window{};        // how long a batch that is not full waits for more
  std::size_t lanes_max = 16;                      // batches in flight
  std::size_t window_records_max = 10'000;         // read and not yet delivered
  std::size_t window_bytes_max = 16 << 20;
  std::uint32_t park_after = 3;  // tries that a key waits in memory
  ParkingLimits parking;
  std::chrono::milliseconds checkpoint_interval{100};
};

enum class SubscriptionState : std::uint8_t { kStarting, kRunning, kPaused, kBackingOff, kFinished, kFailed, kStopped };
std::string_view SubscriptionStateName(SubscriptionState state);

struct SubscriptionStats {
  std::uint64_t read = 0;
  std::uint64_t filtered = 0;
  std::uint64_t delivered = 0;
  std::uint64_t retries = 0;
  std::uint64_t batches = 0;
  std::uint64_t buried = 0;  // dead letters made
  std::uint64_t window = 0;  // read and not yet delivered
  std::uint64_t window_bytes = 0;
  std::uint64_t parked_keys = 0;
  std::uint64_t held_keys = 0;  // of them, behind a dead letter
  std::uint64_t parked_records = 0;
  std::uint64_t dead_letters = 0;  // there now
  std::uint64_t in_flight = 0;     // batches
  bool caught_up = false;          // everything in the log was read
  std::int64_t oldest_ms = 0;      // wall time of the oldest record read and not done; 0: none
  std::string last_error;          // of the last try that failed, until one succeeds
};

// What a subscription has still to do. Parked records and dead letters are not part of it: they wait apart.
struct SubscriptionLag {
  std::uint64_t records = 0;   // read and not done, and not read yet, whether or not the filter will want them
  bool more = false;           // than were counted
  std::int64_t oldest_ms = 0;  // when the oldest of them was appended; 0: there is none
};

// What happens, for whoever watches: the dev command's live lines, metrics, tests. Called without a lock held.
struct SubscriptionObserver {
  std::function<void(const Record&)> delivered;
  std::function<void(const Record&, const Error&, std::chrono::milliseconds wait)> retrying;
  std::function<void(const Error&, std::chrono::milliseconds wait)> target_down;
  std::function<void()> target_up;
  std::function<void(const Record&)> parked;  // the first of its key
  std::function<void(const DeadLetter&)> buried;
  std::function<void()> finished;
};

class Subscription {
 public:
  Subscription(SubscriptionOptions options, Feed& feed, Target& target, StateStore& state, Executor& executor,
               Random& random, SubscriptionObserver observer = {});
  // Of a queue: its start, end and checkpoint options mean nothing.
  Subscription(SubscriptionOptions options, Queue& queue, Target& target, StateStore& state, Executor& executor,
               Random& random, SubscriptionObserver observer = {});
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // Finds its place: the stored checkpoint, or the start, which is stored before this returns. Then runs, unless it was
  // paused.
  Status Start();
  // Begins nothing new, waits for what is in flight, saves the checkpoint. Idempotent.
  void Stop();

  // Both survive a restart. Its place is kept.
  Status Pause();
  Status Resume();
  // Goes on from there: backwards delivers again, forwards leaves out. What is parked, and dead letters, stay.
  Status Seek(const flow::Start& start);

  // In the order of their numbers, those after `after`, at most `letters_max`.
  Result<std::vector<DeadLetter>> DeadLetters(std::uint64_t after, std::size_t letters_max);
  // Delivers them again, before anything else of their keys, in the order of their numbers. Returns how many there
  // were.
  Result<std::size_t> Redrive(const std::vector<std::uint64_t>& numbers);
  // Forgets them; a key that one of them held goes on.
  Result<std::size_t> Drop(const std::vector<std::uint64_t>& numbers);
  // Waits until what Redrive and Drop did before is stored: after that a crash does not undo it. Unavailable if the
  // subscription stops or fails before. Not to be called from completions or steps.
  Status AwaitStored();

  const std::string& name() const;
  SubscriptionState state() const;
  std::optional<Error> error() const;
  SubscriptionStats stats() const;
  // Counts up to `records_max` records of the log: it reads, and takes as long as that takes.
  Result<SubscriptionLag> Lag(std::size_t records_max) const;
  // The watermark.
  Position position() const;

 private:
  class Machine;
  std::shared_ptr<Machine> machine_;
};

}  // namespace millrace::flow
