// MoveTasks move the messages of dead-letter queues back to where they came from, or to a queue that is named.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
// A task lives as long as the process: what it has moved stays moved, and it can be started again.
//
// Threads:   thread-safe. One thread works on all tasks, started with the first.
// Ownership: engine, clock and random outlive it.
// Failure:   InvalidArgument with the reasons of errors.h; a task that cannot go on says why in the list.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/thread.h"
#include "engine/engine.h"

namespace millrace::api::sqs {

class MoveTasks {
 public:
  MoveTasks(engine::Engine& engine, const Clock& clock, Random& random)
      : engine_(engine), clock_(clock), random_(random) {}
  ~MoveTasks() { Stop(); }

  enum class State : std::uint8_t { kRunning, kCompleted, kCancelled, kFailed };
  struct Task {
    std::string handle;
    std::string source_arn;
    std::string destination_arn;  // empty: where each message came from
    std::optional<std::int64_t> per_second;
    State state = State::kRunning;
    std::uint64_t moved = 0;
    std::uint64_t to_move = 0;
    std::int64_t started_ms = 0;
    std::string failure;
    MonoTime next;  // when it may go on
  };

  // The handle.
  Result<std::string> Start(const engine::Queue& source, std::string destination_arn,
                            std::optional<std::int64_t> per_second);
  // How many it had moved.
  Result<std::uint64_t> Cancel(std::string_view handle);
  // Newest first.
  std::vector<Task> List(std::string_view source_arn, std::size_t max);
  void Stop();

 private:
  void Run();
  // Moves some messages of a task; false at its end.
  bool Step(Task& task);
  Task* Find(std::string_view handle);

  engine::Engine& engine_;
  const Clock& clock_;
  Random& random_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;  // guarded by mutex_: newest first
  bool started_ = false;    // guarded by mutex_
  bool stopping_ = false;   // guarded by mutex_
  Thread thread_;
};

std::string_view StateName(MoveTasks::State state);

}  // namespace millrace::api::sqs
