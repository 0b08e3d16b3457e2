#include "api/sqs/poller.h"

#include <algorithm>

namespace millrace::api::sqs {
namespace {

// How long at most until a waiter is noticed that has gone away, or whose time the clock has passed by.
constexpr std::chrono::milliseconds kLookMax{1000};

}  // namespace

void Poller::Wait(Waiter waiter) {
  const engine::QueueId queue = waiter.request.queue;
  bool listen = false;
  bool taken = false;
  {
    std::lock_guard lock(mutex_);
    if (!stopping_) {
      taken = true;
      Line& line = lines_[queue];
      listen = line.listener == 0 && line.waiters.empty();
      line.waiters.push_back(std::make_shared<Waiter>(std::move(waiter)));
      // Something may have come since it looked.
      line.ready = true;
      if (!started_) {
        started_ = true;
        thread_ = Thread(ThreadRole::kBackground, "mr-sqs-poll", [this] { Run(); });
      }
    }
  }
  if (!taken) return waiter.done(engine::ReceiveResult{});
  if (listen) {
    // Not under the mutex: listeners take it.
    const std::uint64_t listener = engine_.queues().AddListener(queue, [this, queue] { Note(queue); });
    std::unique_lock lock(mutex_);
    const auto line = lines_.find(queue);
    if (line != lines_.end() && line->second.listener == 0) {
      line->second.listener = listener;
      line->second.ready = true;
    } else {
      lock.unlock();
      engine_.queues().RemoveListener(listener);
    }
  }
  wake_.notify_one();
}

void Poller::Note(engine::QueueId queue) {
  {
    std::lock_guard lock(mutex_);
    const auto line = lines_.find(queue);
    if (line == lines_.end() || line->second.waiters.empty()) return;
    line->second.ready = true;
  }
  wake_.notify_one();
}

void Poller::Collect(MonoTime now, std::vector<std::shared_ptr<Waiter>>& over, std::vector<engine::QueueId>& ready) {
  for (auto& [queue, line] : lines_) {
    std::erase_if(line.waiters, [&](const std::shared_ptr<Waiter>& waiter) {
      if (waiter->until > now && waiter->connected()) return false;
      over.push_back(waiter);
      return true;
    });
    if (!line.ready || line.busy || line.waiters.empty()) continue;
    line.ready = false;
    line.busy = true;
    ready.push_back(queue);
  }
}

void Poller::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    std::vector<std::shared_ptr<Waiter>> over;
    std::vector<engine::QueueId> ready;
    const MonoTime now = clock_.Mono();
    Collect(now, over, ready);
    if (over.empty() && ready.empty()) {
      std::chrono::nanoseconds left = kLookMax;
      bool any = false;
      for (const auto& [queue, line] : lines_) {
        for (const auto& waiter : line.waiters) {
          left = std::min<std::chrono::nanoseconds>(left, waiter->until - now);
          any = true;
        }
      }
      if (any) {
        wake_.wait_for(lock, std::max<std::chrono::nanoseconds>(left, std::chrono::milliseconds(1)));
      } else {
        wake_.wait(lock);
      }
      continue;
    }
    lock.unlock();
    for (const auto& waiter : over) waiter->done(engine::ReceiveResult{});
    for (const engine::QueueId queue : ready) Serve(queue);
    lock.lock();
  }
}

void Poller::Serve(engine::QueueId queue) {
  std::shared_ptr<Waiter> waiter;
  {
    std::lock_guard lock(mutex_);
    Line& line = lines_[queue];
    if (stopping_ || line.waiters.empty()) {
      line.busy = false;
      return;
    }
    waiter = line.waiters.front();
    line.waiters.pop_front();
    ++under_way_;
  }
  engine_.queues().Receive(waiter->request, [this, queue, waiter](Result<engine::ReceiveResult> result) {
    Served(queue, waiter, std::move(result));
  });
}

void Poller::Served(engine::QueueId queue, const std::shared_ptr<Waiter>& waiter,
                    Result<engine::ReceiveResult> result) {
  const bool nothing = result.ok() && result->messages.empty();
  const bool more = !result.ok() || !result->at_end;
  bool back = false;
  {
    std::lock_guard lock(mutex_);
    Line& line = lines_[queue];
    if (nothing && !stopping_) {
      line.waiters.push_front(waiter);
      back = true;
    }
    line.busy = false;
    line.ready |= more || !nothing;
  }
  if (!back) {
    if (!nothing && result.ok() && !waiter->connected()) GiveBack(queue, *result);
    waiter->done(std::move(result));
  }
  // Last: whoever stops may go on then.
  std::lock_guard lock(mutex_);
  --under_way_;
  wake_.notify_all();
}

void Poller::GiveBack(engine::QueueId queue, const engine::ReceiveResult& result) {
  std::vector<engine::VisibilityChange> changes;
  for (const engine::ReceivedMessage& message : result.messages)
    changes.push_back({message.receipt, std::chrono::milliseconds(0)});
  engine_.queues().ChangeVisibility(queue, std::move(changes), [](const auto&) {});
}

void Poller::Stop() {
  std::map<engine::QueueId, Line> lines;
  {
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    wake_.notify_all();
    wake_.wait(lock, [this] { return under_way_ == 0; });
    lines.swap(lines_);
  }
  thread_.Join();
  for (auto& [queue, line] : lines) {
    engine_.queues().RemoveListener(line.listener);
    for (const auto& waiter : line.waiters) waiter->done(engine::ReceiveResult{});
  }
}

}  // namespace millrace::api::sqs
