// Published<T> is read-mostly state: readers take the current snapshot once per batch, a writer swaps in a new one.
//
// A mutex around a shared_ptr, not std::atomic<std::shared_ptr>: ThreadSanitizer reports a race inside libstdc++ 12's.
//
// Threads:   thread-safe.
#pragma once

#include <memory>
#include <mutex>

namespace millrace {

template <class T>
class Published {
 public:
  Published() : value_(std::make_shared<const T>()) {}
  explicit Published(std::shared_ptr<const T> value) : value_(std::move(value)) {}

  std::shared_ptr<const T> Get() const {
    std::lock_guard lock(mutex_);
    return value_;
  }
  void Set(std::shared_ptr<const T> value) {
    std::lock_guard lock(mutex_);
    value_.swap(value);  // the old snapshot is released outside the lock
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;  // guarded by mutex_
};

}  // namespace millrace
