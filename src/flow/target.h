// Target takes batches of records and says which of them it took.
//
// Threads:   Write is called by one thread at a time per lane, by several lanes at once; `done` may be called from any
//            thread, also before Write returns, exactly once.
// Ownership: outlives its subscriptions; records stay valid until `done` is called.
// Failure:   in the report. A target never retries what the subscription would retry, and never blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "flow/record.h"
#include "flow/state_store.h"

namespace millrace::flow {

enum class BatchKind : std::uint8_t {
  kAtomic,    // all or none of a batch takes effect
  kPrefix,    // the first n take effect, the rest does not
  kPerEntry,  // any subset may take effect: a batch never holds two records of one key
};

// What became of one record.
enum class EntryOutcome : std::uint8_t {
  kTaken,
  kRetry,   // not taken; another try may succeed
  kReject,  // not taken, and never will be: this record is at fault
};

struct WriteReport {
  // One entry per record of the batch, in its order.
  std::vector<EntryOutcome> entries;
  // Why the first entry that was not taken was not, for the log and the dead letter.
  std::optional<Error> error;
  // Why others were not, by their places, where that is something else.
  std::map<std::size_t, Error> causes = {};
  // The whole target is out of order (refused connections, no answer): nothing of other keys would succeed either.
  bool target_down = false;
  // Nothing failed: a rate limit of ours says to wait. It is no try, and no sign that the target is down.
  bool throttled = false;
  // The target asked to be left alone for so long.
  std::optional<std::chrono::milliseconds> retry_after;

  static WriteReport AllTaken(std::size_t count) {
    return {std::vector<EntryOutcome>(count, EntryOutcome::kTaken), {}, {}, false, false, {}};
  }
  static WriteReport AllFailed(std::size_t count, EntryOutcome outcome, Error why) {
    return {std::vector<EntryOutcome>(count, outcome), std::move(why), {}, false, false, {}};
  }
};

struct TargetTraits {
  BatchKind kind = BatchKind::kPerEntry;
  std::size_t batch_records_max = 1;
  std::size_t batch_bytes_max = 1 << 20;
  // Stores rows of the subscription's state (its checkpoint) in the same commit as the batch: delivery and progress
  // cannot diverge. It keeps those rows where the subscription's StateStore finds them.
  bool commits_state = false;
};

class Target {
 public:
  using Done = std::function<void(WriteReport)>;

  virtual ~Target() = default;
  // "target/endpoint", "bus/crm".
  virtual const std::string& name() const = 0;
  virtual const TargetTraits& traits() const = 0;
  // Idempotent; false answers are errors that starting again may cure.
  virtual Status Open() = 0;
  // `state` holds rows only if traits().commits_state: to be stored if and only if the whole batch is taken.
  virtual void Write(std::span<const Record> batch, std::vector<StateRow> state, Done done) = 0;
  // Calls every pending `done` before it returns. Idempotent.
  virtual void Close() = 0;
};

}  // namespace millrace::flow
