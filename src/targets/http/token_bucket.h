// TokenBucket says when the next request may go, so that no more than so many go in a second.
//
// Requests are spaced evenly: one second's worth is never sent at once. A tenth of a second's worth (at least one) may
// go together after a pause.
//
// Threads:   thread-safe.
// Ownership: the clock outlives it.
#pragma once

#include <cstdint>
#include <mutex>

#include "base/clock.h"

namespace millrace::targets {

class TokenBucket {
 public:
  // REQUIRES: per_second > 0.
  TokenBucket(std::uint32_t per_second, const Clock& clock);

  // Zero: the request may go now, and is counted. Otherwise how long to wait before asking again.
  Duration Take();
  // Counts a request that goes now, whatever the rate: later ones wait for it.
  void Charge();

 private:
  const Duration interval_;
  const Duration allowance_;  // how far ahead of the even spacing requests may be
  const Clock& clock_;
  std::mutex mutex_;
  MonoTime next_{};  // by even spacing, when the next request is due; guarded by mutex_
};

}  // namespace millrace::targets
