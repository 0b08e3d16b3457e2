// QueueTimer calls when the next delay or lease of a queue ends that somebody waits for. It sleeps otherwise.
//
// Threads:   Arm is thread-safe; the call is made on a thread of its own, which starts with the first Arm.
// Ownership: the clock outlives it; what it calls outlives Stop.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "base/thread.h"

namespace millrace::engine {

class QueueTimer {
 public:
  // `tick` does what is due; `next` says when the next is, by the clock.
  QueueTimer(Clock& clock, std::function<void()> tick, std::function<std::optional<std::int64_t>()> next);
  ~QueueTimer() { Stop(); }

  // Something is due then.
  void Arm(std::int64_t due_ms);
  void Stop();

 private:
  void Run();

  Clock& clock_;
  const std::function<void()> tick_;
  const std::function<std::optional<std::int64_t>()> next_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<std::int64_t> armed_;  // guarded by mutex_
  bool started_ = false;               // guarded by mutex_
  bool stopping_ = false;              // guarded by mutex_
  Thread thread_;
};

}  // namespace millrace::engine
