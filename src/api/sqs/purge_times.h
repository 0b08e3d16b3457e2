// PurgeTimes remembers when queues were purged: SQS does it once a minute at most.
//
// Threads: thread-safe.
#pragma once

#include <map>
#include <mutex>

#include "engine/queue.h"

namespace millrace::api::sqs {

class PurgeTimes {
 public:
  // False if it was begun less than a minute ago.
  bool Begin(engine::QueueId queue, std::int64_t now_ms) {
    constexpr std::int64_t kMinuteMs = 60'000;
    std::lock_guard lock(mutex_);
    std::erase_if(begun_ms_, [&](const auto& entry) { return now_ms - entry.second >= kMinuteMs; });
    return begun_ms_.emplace(queue, now_ms).second;
  }

 private:
  std::mutex mutex_;
  std::map<engine::QueueId, std::int64_t> begun_ms_;  // guarded by mutex_
};

}  // namespace millrace::api::sqs
