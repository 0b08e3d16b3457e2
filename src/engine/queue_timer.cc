#include "engine/queue_timer.h"

#include <algorithm>

namespace millrace::engine {
namespace {

// The wall clock may be set while the thread sleeps.
constexpr std::chrono::milliseconds kSleepMax = std::chrono::seconds(30);
// Many that end one after the other are one call.
constexpr std::chrono::milliseconds kSleepMin{1};

}  // namespace

QueueTimer::QueueTimer(Clock& clock, std::function<void()> tick, std::function<std::optional<std::int64_t>()> next)
    : clock_(clock), tick_(std::move(tick)), next_(std::move(next)) {}

void QueueTimer::Arm(std::int64_t due_ms) {
  std::lock_guard lock(mutex_);
  if (stopping_ || (armed_ && *armed_ <= due_ms)) return;
  armed_ = due_ms;
  if (!started_) {
    started_ = true;
    thread_ = Thread(ThreadRole::kBackground, "mr-queue-timer", [this] { Run(); });
  }
  wake_.notify_one();
}

void QueueTimer::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.Join();
}

void QueueTimer::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!armed_) {
      wake_.wait(lock);
      continue;
    }
    const std::chrono::milliseconds left(*armed_ - clock_.NowMillis());
    if (left.count() > 0) {
      wake_.wait_for(lock, std::clamp(left, kSleepMin, kSleepMax));
      continue;
    }
    armed_.reset();
    lock.unlock();
    tick_();
    const auto next = next_();
    lock.lock();
    if (next && (!armed_ || *next < *armed_)) armed_ = next;
  }
}

}  // namespace millrace::engine
