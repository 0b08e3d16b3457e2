// AsyncInvoker carries out invocations of type Event: each is stored before it is acknowledged, and forgotten once the
// function has taken it or has failed for the last time. What a crash leaves behind is invoked again.
//
// As on AWS, a function's error is tried twice more, after one minute and after two; what finds no process, for six
// hours, with a pause that doubles from a second to five minutes.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
//
// Threads:   thread-safe. `done` runs on any thread.
// Ownership: functions, store, executor, clock and random outlive it. After Stop nothing new begins; what is open stays
//            stored. Stopping the functions ends what is being invoked.
// Failure:   Submit's `done` gets ResourceExhausted when too much is open, and what the store says.
// Format:    docs/design/functions.md
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "flow/executor.h"
#include "flow/state_store.h"
#include "functions/functions.h"

namespace millrace::api::lambda {

class AsyncInvoker {
 public:
  static constexpr std::size_t kOpenMax = 10'000;
  static constexpr std::size_t kOpenBytesMax = std::size_t{256} << 20;

  AsyncInvoker(functions::Functions& functions, flow::StateStore& store, flow::Executor& executor, const Clock& clock,
               Random& random)
      : functions_(functions), store_(store), executor_(executor), clock_(clock), random_(random) {}

  // Begins what a run before has left. Waits for the store.
  Status Load();
  void Submit(std::string function, std::string payload, std::string request_id, std::string client_context,
              std::function<void(Status)> done);
  ~AsyncInvoker();  // waits for what is being invoked
  // Idempotent.
  void Stop();
  std::size_t open() const;

 private:
  struct Event {
    std::string key;
    std::string function;  // as functions::Functions knows it
    std::string payload;
    std::string request_id;
    std::string client_context;
    std::int64_t accepted_ms = 0;
    std::int64_t failures = 0;   // of the function
    std::int64_t throttles = 0;  // in this run
  };
  using EventPtr = std::shared_ptr<Event>;

  static std::string Encode(const Event& event);
  static Result<Event> Decode(const flow::StateRow& row);
  void Try(const EventPtr& event);
  void OnResult(const EventPtr& event, const functions::InvokeResult& result);
  void TryAfter(const EventPtr& event, Duration delay);
  void Forget(const EventPtr& event);
  void LeaveOne();

  functions::Functions& functions_;
  flow::StateStore& store_;
  flow::Executor& executor_;
  const Clock& clock_;
  Random& random_;

  mutable std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t open_ = 0;        // guarded by mutex_
  std::size_t open_bytes_ = 0;  // guarded by mutex_
  std::size_t under_way_ = 0;   // guarded by mutex_; invoked, or being stored
  bool stopping_ = false;       // guarded by mutex_
};

}  // namespace millrace::api::lambda
