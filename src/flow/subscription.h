// Subscription moves the records of one log to one target, in order per key, losing none.
//
//   read ─► filter, transform ─► window of undelivered records ─► lanes by order key ─► target
//                                  └─ watermark ─► checkpoint (never ahead of the target)
//
// Records of one key are delivered one after the other; different keys go side by side. A record that is not taken is
// tried again with back-off, and only its own key waits. When the whole target is down, nothing is tried until the
// back-off has passed, and reading stops when the window is full. What a restart finds behind the checkpoint is
// delivered again: at least once, with the same record ids.
//
// Threads:   thread-safe. Its steps run on the executor, one at a time.
// Ownership: log, target, checkpoints and executor outlive it. Destroy after Stop.
// Failure:   a log that lost records, or a checkpoint that cannot be read, stops it: state() is kFailed, error() why.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/random.h"
#include "flow/checkpoint.h"
#include "flow/executor.h"
#include "flow/log.h"
#include "flow/target.h"

namespace millrace::flow {

// Back-off: initial × 2^attempts, at most max, with full jitter below the half.
struct RetryPolicy {
  std::chrono::milliseconds backoff_initial{200};
  std::chrono::milliseconds backoff_max{30'000};
};

struct SubscriptionOptions {
  SubscriptionId id;
  Start start = Start::kLatest;
  // Null: everything passes. False: the record is done.
  std::function<bool(const Record&)> filter;
  // Null: the record as it is. An error means that this record can never be delivered.
  std::function<Status(Record&)> transform;
  RetryPolicy retry;
  std::size_t batch_records_max = 100;      // not more than the target's own limit
  std::size_t lanes_max = 16;               // batches in flight
  std::size_t window_records_max = 10'000;  // read and not yet delivered
  std::size_t window_bytes_max = 16 << 20;
  std::chrono::milliseconds checkpoint_interval{100};
};

enum class SubscriptionState { kStarting, kRunning, kBackingOff, kFailed, kStopped };
std::string_view SubscriptionStateName(SubscriptionState state);

struct SubscriptionStats {
  std::uint64_t read = 0;
  std::uint64_t filtered = 0;
  std::uint64_t delivered = 0;
  std::uint64_t retries = 0;
  std::uint64_t window = 0;  // read and not yet delivered
};

// What happens, for whoever watches: the dev command's live lines, tests.
struct SubscriptionObserver {
  std::function<void(const Record&)> delivered;
  std::function<void(const Record&, const Error&, std::chrono::milliseconds wait)> retrying;
  std::function<void(const Error&, std::chrono::milliseconds wait)> target_down;
  std::function<void()> target_up;
};

class Subscription {
 public:
  Subscription(SubscriptionOptions options, Log& log, Target& target, CheckpointStore& checkpoints, Executor& executor,
               Random& random, SubscriptionObserver observer = {});
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // Finds its place: the stored checkpoint, or the start, which is stored before this returns. Then runs.
  Status Start();
  // Begins nothing new, waits for what is in flight, saves the checkpoint. Idempotent.
  void Stop();

  SubscriptionState state() const;
  std::optional<Error> error() const;
  SubscriptionStats stats() const;

 private:
  class Machine;
  std::shared_ptr<Machine> machine_;
};

}  // namespace millrace::flow
