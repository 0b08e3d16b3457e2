// Pool is one function: the invocations that wait, its processes, and who gets what.
//
// pool.cc: invocations and what the Runtime API says. pool_processes.cc: starting, watching and ending processes.
//
// An invocation goes to a process that is idle, the one that was busy last first, or waits in line. The first process
// is started at once; another one only when the head of the line has waited for kPatience, so that a burst of short
// invocations does not start a crowd.
//
// When processes end before they ask for an event, those who wait are told why, and the next attempt is made after a
// pause that grows from kBackoffMin to kBackoffMax; a change of the files ends the pause.
//
// Internal to functions.
//
// Threads:   thread-safe, but for what is said to be the loop's. One mutex; nothing is called with it held.
// Ownership: shared, by the registry and by its workers. What Host names outlives it.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "functions/event_loop.h"
#include "functions/functions.h"
#include "functions/launch.h"
#include "functions/worker.h"

namespace millrace::functions {

// What all pools share.
struct Host {
  const FunctionsOptions& options;
  const Clock& clock;
  Random& random;
  EventLoop& loop;
  Bootstraps& bootstraps;  // of the loop
  http::Server* server = nullptr;
  std::function<void(const WorkerPtr&)> enrol = {};  // its listener is known from now on
  std::function<void(const WorkerPtr&)> strike = {};
  unsigned starting_max = 2;  // processes of one function that start at once
};

// What a runtime posts about an invocation.
struct PostedAnswer {
  bool error = false;
  std::string error_type = {};
  std::string body = {};
};

class Pool : public std::enable_shared_from_this<Pool> {
 public:
  static constexpr std::chrono::milliseconds kPatience{10};
  static constexpr std::chrono::milliseconds kBackoffMin{100};
  static constexpr std::chrono::milliseconds kBackoffMax{5'000};
  static constexpr std::chrono::milliseconds kMemoryLookEvery{100};

  Pool(Host& host, FunctionOptions options);

  void Submit(std::string payload, InvokeOptions options, Functions::Done done);
  std::shared_ptr<const FunctionOptions> options() const;
  FunctionStats Stats() const;
  void Update(FunctionOptions options);
  // New processes take over, as after a change of files.
  void Reload();
  // Whoever waits or runs gets this status; all processes are killed.
  void Close(InvokeStatus why);
  bool HasProcesses() const;

  // From the Runtime API.
  void OnNext(const WorkerPtr& worker, http::Responder responder);
  // False: there is no such invocation.
  bool OnAnswer(const WorkerPtr& worker, std::string_view request_id, PostedAnswer answer);
  void OnInitError(const WorkerPtr& worker, std::string type, std::string document);

  // The loop's: looks at all deadlines; returns the next one.
  MonoTime Sweep();

 private:
  // What is sent once the lock is let go.
  struct Dispatch {
    WorkerPtr worker;
    http::Responder responder;
    http::Response response;
    std::string request_id;
    bool log_tail = false;
  };
  // What is ended once the lock is let go.
  struct Ended {
    WorkerPtr worker;  // null: it had none
    std::unique_ptr<Invocation> invocation;
    InvokeResult result;
  };

  // pool.cc
  Dispatch Assign(const WorkerPtr& worker, std::unique_ptr<Invocation> invocation);
  void Send(Dispatch dispatch);
  void Finish(Ended ended);
  InvokeResult ResultFor(const Invocation& invocation) const;
  std::unique_ptr<Invocation> TakeWaiting();
  // When one more process is wanted if nothing else happens: in the past for now, max() for never.
  MonoTime StaffDue() const;
  void CallForStaff();

  // pool_processes.cc: the loop's.
  void Staff();
  Status StartProcess();
  void OnExit(const WorkerPtr& worker);
  void Kill(const WorkerPtr& worker, Worker::Death death);
  void KillRetired();
  void NoteStartFailed(InvokeResult failure, std::vector<Ended>& ended);
  InvokeResult DeathOf(const WorkerPtr& worker, const ChildExit& exit, std::string_view request_id) const;
  void FinishAll(std::vector<Ended> ended);

  Host& host_;

  mutable std::mutex mutex_;
  // Everything below is guarded by mutex_.
  std::shared_ptr<const FunctionOptions> options_;
  std::uint64_t generation_ = 1;
  std::optional<InvokeStatus> closed_;
  std::deque<std::unique_ptr<Invocation>> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::vector<WorkerPtr> workers_;  // dying ones included
  std::vector<WorkerPtr> idle_;     // the last one is taken first
  bool eager_ = false;              // one process is wanted although nothing waits
  bool called_ = false;             // for staff
  std::uint32_t start_failures_ = 0;
  MonoTime not_before_ = MonoTime::min();
  MonoTime memory_look_ = MonoTime::min();
  FunctionStats stats_;
};

}  // namespace millrace::functions
