// WorkQueue is one background thread for what a request thread may not do itself: it runs tasks one after the other.
//
// Threads:   thread-safe. Tasks may block.
// Failure:   Post refuses beyond the limit, and after Stop.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include "base/thread.h"

namespace millrace {

class WorkQueue {
 public:
  using Task = std::function<void()>;

  WorkQueue(std::string thread_name, std::size_t tasks_max);
  ~WorkQueue() { Stop(); }

  // False: too many wait, or it was stopped; the task is not run.
  bool Post(Task task);
  // Takes no more, and drops what has not begun. Does not wait. Idempotent.
  void Close();
  // Waits for the task that runs. Idempotent.
  void Stop();

 private:
  void Run();

  const std::size_t tasks_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;  // guarded by mutex_
  bool closed_ = false;     // guarded by mutex_
  Thread thread_;
};

}  // namespace millrace
