#include "targets/http/token_bucket.h"

#include <algorithm>

#include "base/check.h"

namespace millrace::targets {

// Requests come one `interval` after the other; those of a tenth of a second may come together.
TokenBucket::TokenBucket(std::uint32_t per_second, const Clock& clock)
    : interval_(Duration(std::chrono::seconds(1)) / std::max<std::uint32_t>(per_second, 1)),
      allowance_(interval_ * (std::max<std::uint32_t>(per_second / 10, 1) - 1)),
      clock_(clock),
      next_(clock.Mono()) {
  CHECK(per_second > 0);
}

// The generic cell rate algorithm: the whole state is one point in time.
Duration TokenBucket::Take() {
  std::lock_guard lock(mutex_);
  const MonoTime now = clock_.Mono();
  const Duration wait = next_ - allowance_ - now;
  if (wait > Duration::zero()) return wait;
  next_ = std::max(next_, now) + interval_;
  return Duration::zero();
}

void TokenBucket::Charge() {
  std::lock_guard lock(mutex_);
  next_ = std::max(next_, clock_.Mono()) + interval_;
}

}  // namespace millrace::targets
