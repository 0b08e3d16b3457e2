#include "base/work_queue.h"

namespace millrace {

WorkQueue::WorkQueue(std::string thread_name, std::size_t tasks_max)
    : tasks_max_(tasks_max), thread_(ThreadRole::kBackground, std::move(thread_name), [this] { Run(); }) {}

bool WorkQueue::Post(Task task) {
  {
    std::lock_guard lock(mutex_);
    if (closed_ || tasks_.size() >= tasks_max_) return false;
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

void WorkQueue::Close() {
  std::deque<Task> dropped;  // destroyed after the lock
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    dropped.swap(tasks_);
  }
  wake_.notify_all();
}

void WorkQueue::Stop() {
  Close();
  thread_.Join();
}

void WorkQueue::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return closed_ || !tasks_.empty(); });
    if (closed_) return;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
  }
}

}  // namespace millrace
