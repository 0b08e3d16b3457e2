// EventLoop is the thread that looks after all functions' processes: descriptors that become readable, tasks from other
// threads, and one alarm.
//
// The alarm is one for everything: whoever has a deadline says WakeBy, which costs a comparison if the loop wakes
// earlier anyway; `on_alarm` looks at all deadlines and returns the next one. So an invocation that begins under a
// timeout of seconds does not wake the thread.
//
// Threads:   Post and WakeBy are thread-safe; Watch and Unwatch are for the loop's thread.
// Ownership: the clock outlives it; Stop runs what was posted before it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/thread.h"

namespace millrace::functions {

class EventLoop {
 public:
  using Task = std::function<void()>;

  // `on_alarm` returns when it wants to be called again, MonoTime::max() for never.
  EventLoop(const Clock& clock, std::function<MonoTime()> on_alarm);
  ~EventLoop();

  Status Start(std::string name);
  // Idempotent. REQUIRES: not called on the loop's thread.
  void Stop();

  // After Stop it does nothing.
  void Post(Task task);
  void WakeBy(MonoTime time);
  void Watch(int fd, Task on_readable);
  // The task is not called again, also not for what was already seen.
  void Unwatch(int fd);

 private:
  void Run();
  void Poke();
  void RunTasks();
  int WaitMillis() const;

  const Clock& clock_;
  const std::function<MonoTime()> on_alarm_;
  int epoll_fd_ = -1;
  int wake_fd_ = -1;
  std::unordered_map<int, std::shared_ptr<Task>> watched_;
  std::atomic<MonoTime::rep> alarm_{MonoTime::max().time_since_epoch().count()};

  std::mutex mutex_;
  std::vector<Task> tasks_;  // guarded by mutex_
  bool stopping_ = false;    // guarded by mutex_
  Thread thread_;
};

}  // namespace millrace::functions
