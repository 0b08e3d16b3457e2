// Poller keeps the receives that wait for messages: the first in line is served as soon as there may be something.
//
// A receive that found nothing waits here. When its queue says that there may be more, those who wait are asked one
// after another whether there is, in the order they came; at the end of its time each is answered with nothing. Who has
// gone away meanwhile is passed over, so that no message is leased to nobody.
//
// Threads:   thread-safe. A thread of its own, started with the first that waits; answers come from there or from the
//            engine's writer.
// Ownership: engine and clock outlive it.
// Failure:   a waiter is answered with the receive's error.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "base/clock.h"
#include "base/thread.h"
#include "engine/engine.h"

namespace millrace::api::sqs {

class Poller {
 public:
  Poller(engine::Engine& engine, const Clock& clock) : engine_(engine), clock_(clock) {}
  ~Poller() { Stop(); }

  struct Waiter {
    engine::ReceiveRequest request;
    MonoTime until;
    std::function<bool()> connected;
    std::function<void(Result<engine::ReceiveResult>)> done;
  };
  void Wait(Waiter waiter);
  MonoTime now() const { return clock_.Mono(); }
  // Answers all that wait with nothing.
  void Stop();

 private:
  struct Line {
    std::deque<std::shared_ptr<Waiter>> waiters;
    std::uint64_t listener = 0;
    bool ready = false;  // there may be something
    bool busy = false;   // a receive is under way
  };

  void Note(engine::QueueId queue);
  void Run();
  // Takes out what is over, and what can be served now. REQUIRES: mutex_ is held.
  void Collect(MonoTime now, std::vector<std::shared_ptr<Waiter>>& over, std::vector<engine::QueueId>& ready);
  void Serve(engine::QueueId queue);
  // Of who went away while it was served.
  void GiveBack(engine::QueueId queue, const engine::ReceiveResult& result);
  void Served(engine::QueueId queue, const std::shared_ptr<Waiter>& waiter, Result<engine::ReceiveResult> result);

  engine::Engine& engine_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<engine::QueueId, Line> lines_;  // guarded by mutex_
  int under_way_ = 0;                      // guarded by mutex_: receives
  bool started_ = false;                   // guarded by mutex_
  bool stopping_ = false;                  // guarded by mutex_
  Thread thread_;
};

}  // namespace millrace::api::sqs
