// Queue is the other kind of source: its messages are acknowledged one by one and have no position.
//
// A message that was received is leased: nobody is given it until its lease ends, it is returned, or it is
// acknowledged, after which it is gone. In a queue with groups the messages of one receive are in their group's order,
// and while any of a group is leased or delayed, nobody is given another of it.
//
// Of a received record: `offset` is the receipt of this lease, `id` the message's and the same on each delivery,
// `order_key` its group (in a queue without groups: its id), `time_ms` when it was sent, `receives` how often it was
// received, and `body` the message as JSON (an SQS event's record), always there.
//
// Threads:   thread-safe. Completions run on any thread, also before the call returns; they must not block.
// Ownership: outlives its subscriptions.
// Failure:   Unavailable: nothing can be received or acknowledged now. A receipt whose lease has ended may be unknown:
//            that is no error, the message comes again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "flow/log.h"

namespace millrace::flow {

struct Received {
  std::vector<Record> records;
  bool at_end = false;  // nothing more now; wait for the watcher
};

// A message given back: it is there again after the delay. A queue with a dead-letter queue moves it there instead if
// it was received often enough.
struct Returned {
  std::string receipt;
  std::chrono::milliseconds delay{0};
  // False: nobody tried to deliver it. A queue that can do so takes back that it was received.
  bool tried = true;
};

class Queue {
 public:
  using ReceiveDone = std::function<void(Result<Received>)>;
  using Done = std::function<void(Status)>;

  virtual ~Queue() = default;
  // "queue/orders": for messages and metrics.
  virtual const std::string& name() const = 0;
  // From Receive, or from the last Extend.
  virtual std::chrono::milliseconds lease() const = 0;
  // What can be received now. Never waits for messages.
  virtual void Receive(const ReadLimits& limits, ReceiveDone done) = 0;
  // Done when it is as durable as the queue's messages are.
  virtual void Acknowledge(std::vector<std::string> receipts, Done done) = 0;
  virtual void Return(std::vector<Returned> messages, Done done) = 0;
  // Begins the lease anew.
  virtual void Extend(std::vector<std::string> receipts, Done done) = 0;
  // What is in it, leased messages included, counted up to `records_max`. Never waits.
  virtual Result<LogLag> Lag(std::size_t records_max) = 0;
  // Calls `wake` after there is anything new to receive: sent, returned, or a delay or lease that ended. From any
  // thread; it must only note it. Returns an id for Unwatch, which waits until no call is running.
  virtual std::uint64_t Watch(std::function<void()> wake) = 0;
  virtual void Unwatch(std::uint64_t id) = 0;
};

}  // namespace millrace::flow
