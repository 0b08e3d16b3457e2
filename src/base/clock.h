// Clock is the seam through which everything reads time. Nothing else calls a system clock.
//
// Threads:   implementations are thread-safe.
// Ownership: created by app/, outlives all users.
#pragma once

#include <atomic>
#include <chrono>

namespace millrace {

using Duration = std::chrono::nanoseconds;
// Wall time since the Unix epoch: for stamps that users see. May jump.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;
// Time that never goes back: for timeouts, back-off, ages.
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime Now() const = 0;
  virtual MonoTime Mono() const = 0;

  std::int64_t NowMillis() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Now().time_since_epoch()).count();
  }
};

class SystemClock final : public Clock {
 public:
  WallTime Now() const override;
  MonoTime Mono() const override;
};

// A clock that tests move by hand. Both times advance together.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime start = WallTime(std::chrono::seconds(1'700'000'000))) : start_(start) {}
  WallTime Now() const override { return start_ + Duration(elapsed_.load()); }
  MonoTime Mono() const override { return MonoTime(Duration(elapsed_.load())); }
  void Advance(Duration by) { elapsed_.fetch_add(by.count()); }

 private:
  const WallTime start_;
  std::atomic<Duration::rep> elapsed_{0};
};

}  // namespace millrace
