// FailStop remembers the first failure of a store and refuses everything after it.
//
// Threads: thread-safe.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

#include "base/error.h"

namespace millrace::store {

class FailStop {
 public:
  // Ok until the first failure; that failure ever after.
  Status Check() const {
    if (!failed_.load(std::memory_order_acquire)) [[likely]]
      return Ok();
    std::lock_guard lock(mutex_);
    return *first_;
  }
  bool failed() const { return failed_.load(std::memory_order_acquire); }

  // Records `error` if it is the first, and returns it.
  Error Record(Error error) {
    std::lock_guard lock(mutex_);
    if (!first_) first_ = error;
    failed_.store(true, std::memory_order_release);
    return error;
  }
  void Clear() {
    std::lock_guard lock(mutex_);
    first_.reset();
    failed_.store(false, std::memory_order_release);
  }

 private:
  std::atomic<bool> failed_{false};
  mutable std::mutex mutex_;
  std::optional<Error> first_;  // guarded by mutex_
};

}  // namespace millrace::store
