// Tail answers long polls for what comes in a log: a request tells where it has come and what it wants to see, and is
// answered as soon as there is something, or when its time is over. So nothing is kept for a reader that goes away, and
// nothing polls: a commit wakes those who wait.
//
// Threads:   thread-safe; one thread of its own reads for all.
// Ownership: plant and clock outlive it.
// Failure:   InvalidArgument and NotFound in the answer. After Stop, Unavailable.
#pragma once

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>

#include "api/admin/parameters.h"
#include "api/admin/plant.h"
#include "base/clock.h"
#include "base/thread.h"
#include "http/server.h"

namespace millrace::api::admin {

class Tail {
 public:
  static constexpr std::size_t kPollsMax = 64;

  Tail(const Plant& plant, const Clock& clock);
  ~Tail();

  // ?log=bus/crm&from=latest&match={…}&limit=100&wait=20: {"log": …, "records": […], "next": "…", "at_end": …}.
  // `from` is a place in words (parameters.h) or the `next` of the answer before; `match` an event pattern that is
  // asked about each record's body; `wait` seconds, at most 30.
  void Answer(const Parameters& parameters, http::Responder responder);
  // Answers those who wait, now. Idempotent; does not wait for the thread.
  void Close();
  void Stop();

 private:
  struct Poll;
  Result<std::shared_ptr<Poll>> Begin(const Parameters& parameters);
  void Run();
  // Reads a step further. True: it was answered.
  bool Advance(Poll& poll, bool closing);

  const Plant& plant_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::list<std::shared_ptr<Poll>> polls_;  // guarded by mutex_; but what is within one only by the thread, once begun
  bool closed_ = false;                     // guarded by mutex_
  Thread thread_;
};

}  // namespace millrace::api::admin
