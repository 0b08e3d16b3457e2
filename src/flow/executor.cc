#include "flow/executor.h"

#include "base/check.h"

namespace millrace::flow {

ThreadExecutor::ThreadExecutor(int threads, const Clock& clock) : clock_(clock) {
  CHECK(threads > 0);
  for (int i = 0; i < threads; ++i)
    threads_.emplace_back(ThreadRole::kFlow, fmt::format("mr-flow-{}", i), [this] { Run(); });
}

void ThreadExecutor::Post(Task task) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    ready_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void ThreadExecutor::PostAfter(Duration delay, Task task) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    timers_.emplace(clock_.Mono() + delay, std::move(task));
  }
  wake_.notify_one();
}

void ThreadExecutor::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (Thread& thread : threads_) thread.Join();
  std::deque<Task> ready;
  std::multimap<MonoTime, Task> timers;
  std::lock_guard lock(mutex_);
  ready_.swap(ready);  // tasks are destroyed after the lock
  timers_.swap(timers);
}

void ThreadExecutor::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const MonoTime now = clock_.Mono();
    while (!timers_.empty() && timers_.begin()->first <= now) {
      ready_.push_back(std::move(timers_.begin()->second));
      timers_.erase(timers_.begin());
    }
    if (!ready_.empty()) {
      Task task = std::move(ready_.front());
      ready_.pop_front();
      lock.unlock();
      task();
      task = nullptr;
      lock.lock();
    } else if (timers_.empty()) {
      wake_.wait(lock);
    } else {
      wake_.wait_for(lock, timers_.begin()->first - now);
    }
  }
}

void ManualExecutor::Post(Task task) {
  std::lock_guard lock(mutex_);
  ready_.push_back(std::move(task));
}

void ManualExecutor::PostAfter(Duration delay, Task task) {
  std::lock_guard lock(mutex_);
  timers_.emplace(clock_.Mono() + delay, std::move(task));
}

void ManualExecutor::RunReady() {
  for (;;) {
    Task task;
    {
      std::lock_guard lock(mutex_);
      if (!timers_.empty() && timers_.begin()->first <= clock_.Mono()) {
        ready_.push_back(std::move(timers_.begin()->second));
        timers_.erase(timers_.begin());
      }
      if (ready_.empty()) return;
      task = std::move(ready_.front());
      ready_.pop_front();
    }
    task();
  }
}

bool ManualExecutor::RunNextTimer() {
  {
    std::lock_guard lock(mutex_);
    if (timers_.empty()) return false;
    const MonoTime due = timers_.begin()->first;
    if (due > clock_.Mono()) clock_.Advance(due - clock_.Mono());
  }
  RunReady();
  return true;
}

}  // namespace millrace::flow
