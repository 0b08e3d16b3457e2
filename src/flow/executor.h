// Executor runs short tasks on a fixed pool of flow threads, now or later. A thousand subscriptions cost no thousand
// threads: each is a state machine whose steps run here.
//
// ThreadExecutor is the real one. ManualExecutor runs everything on the calling thread on a ManualClock, for tests that
// must not depend on timing.
//
// Threads:   thread-safe. Tasks must not block.
// Ownership: outlives what posts to it; Stop drops tasks that have not begun.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "base/thread.h"

namespace millrace::flow {

class Executor {
 public:
  using Task = std::function<void()>;

  virtual ~Executor() = default;
  virtual void Post(Task task) = 0;
  virtual void PostAfter(Duration delay, Task task) = 0;
  virtual const Clock& clock() const = 0;
};

class ThreadExecutor final : public Executor {
 public:
  // REQUIRES: a clock that runs by itself.
  ThreadExecutor(int threads, const Clock& clock);
  ~ThreadExecutor() override { Stop(); }

  void Post(Task task) override;
  void PostAfter(Duration delay, Task task) override;
  const Clock& clock() const override { return clock_; }
  // Waits for running tasks. Idempotent.
  void Stop();

 private:
  void Run();

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> ready_;                // guarded by mutex_
  std::multimap<MonoTime, Task> timers_;  // guarded by mutex_
  bool stopping_ = false;                 // guarded by mutex_
  std::vector<Thread> threads_;
};

class ManualExecutor final : public Executor {
 public:
  explicit ManualExecutor(ManualClock& clock) : clock_(clock) {}

  void Post(Task task) override;
  void PostAfter(Duration delay, Task task) override;
  const Clock& clock() const override { return clock_; }

  // Runs everything that is due, and what that posts, until nothing is.
  void RunReady();
  // Moves the clock to the next timer and runs it; false if there is none.
  bool RunNextTimer();

 private:
  ManualClock& clock_;
  std::mutex mutex_;
  std::deque<Task> ready_;                // guarded by mutex_
  std::multimap<MonoTime, Task> timers_;  // guarded by mutex_
};

}  // namespace millrace::flow
