#include <algorithm>

#include "base/log.h"
#include "functions/pool.h"
#include "functions/report.h"

namespace millrace::functions {

using std::chrono::milliseconds;

void Pool::Staff() {
  while (true) {
    {
      std::lock_guard lock(mutex_);
      called_ = false;
      const MonoTime due = StaffDue();
      if (due == MonoTime::max()) return;
      if (due > host_.clock.Mono()) return host_.loop.WakeBy(due);
    }
    Status started = StartProcess();
    if (started.ok()) continue;
    std::vector<Ended> ended;
    {
      std::lock_guard lock(mutex_);
      InvokeResult failure;
      SetError(failure, InvokeStatus::kInitFailed, "Runtime.InvalidEntrypoint", started.error().message());
      NoteStartFailed(std::move(failure), ended);
    }
    FinishAll(std::move(ended));
  }
}

Status Pool::StartProcess() {
  TRY(host_.bootstraps.Provide());
  ASSIGN_OR_RETURN(OutputPipe pipe, OutputPipe::Make());
  const int write_fd = pipe.write_fd();
  std::uint64_t generation = 0;
  std::shared_ptr<const FunctionOptions> function;
  {
    std::lock_guard lock(mutex_);
    generation = generation_;
    function = options_;
  }
  const auto worker = std::make_shared<Worker>(shared_from_this(), generation, function, std::move(pipe), host_.clock,
                                               host_.options.log);
  ASSIGN_OR_RETURN(worker->listener, host_.server->AddListener());
  const std::string stream =
      fmt::format("[{}]{:016x}{:016x}", function->version, host_.random.Next(), host_.random.Next());
  ChildOptions launch = LaunchOf(*function, host_.options, host_.bootstraps, worker->listener.port, stream);
  launch.output_fd = write_fd;
  worker->since = host_.clock.Mono();
  host_.enrol(worker);
  {
    std::lock_guard lock(mutex_);
    workers_.push_back(worker);
    ++stats_.starts;
  }
  Result<ChildProcess> child = ChildProcess::Start(launch);
  worker->pipe.CloseWriteEnd();
  if (!child.ok()) {
    {
      std::lock_guard lock(mutex_);
      std::erase(workers_, worker);
    }
    host_.strike(worker);
    return std::move(child).error();
  }
  worker->child.emplace(*std::move(child));
  host_.loop.Watch(worker->child->exit_fd(), [self = shared_from_this(), worker] { self->OnExit(worker); });
  host_.loop.Watch(worker->pipe.read_fd(), [this, worker] {
    if (!worker->output.Read()) host_.loop.Unwatch(worker->pipe.read_fd());
  });
  host_.loop.WakeBy(std::min<MonoTime>(worker->since + function->init_timeout, worker->since + kMemoryLookEvery));
  return Ok();
}

// With the lock held.
void Pool::Kill(const WorkerPtr& worker, Worker::Death death) {
  if (worker->state != Worker::State::kDying) worker->death = death;
  worker->state = Worker::State::kDying;
  std::erase(idle_, worker);
  if (worker->child) worker->child->Kill();
}

void Pool::KillRetired() {
  std::lock_guard lock(mutex_);
  for (const WorkerPtr& worker : workers_) {
    const bool waits = worker->state == Worker::State::kIdle || worker->state == Worker::State::kStarting;
    const bool retired = worker->state == Worker::State::kDying || (worker->generation != generation_ && waits);
    if (closed_ || retired) Kill(worker, Worker::Death::kOurs);
  }
}

// With the lock held. Those who wait meet the same fate; who comes later waits for the next attempt.
void Pool::NoteStartFailed(InvokeResult failure, std::vector<Ended>& ended) {
  ++stats_.init_failures;
  stats_.last_error = failure.error_message;
  const milliseconds pause = std::min(kBackoffMax, kBackoffMin * (1 << std::min<std::uint32_t>(start_failures_, 6)));
  ++start_failures_;
  eager_ = false;
  not_before_ = host_.clock.Mono() + pause;
  log::Warn("function '{}' does not start: {}: {}", options_->name, failure.error_type,
            std::string_view(failure.error_message).substr(0, failure.error_message.find('\n')));
  while (!waiting_.empty()) {
    Ended one{nullptr, TakeWaiting(), failure};
    one.result.request_id = one.invocation->request_id;
    one.result.executed_version = options_->version;
    ended.push_back(std::move(one));
  }
}

InvokeResult Pool::DeathOf(const WorkerPtr& worker, const ChildExit& exit, std::string_view request_id) const {
  const bool starting = request_id.empty();
  const std::string prefix = starting ? std::string() : fmt::format("RequestId: {} Error: ", request_id);
  InvokeResult result;
  if (worker->death == Worker::Death::kOutOfMemory) {
    SetError(result, starting ? InvokeStatus::kInitFailed : InvokeStatus::kOutOfMemory, "Runtime.OutOfMemory",
             fmt::format("{}Runtime exited with error: signal: killed: it used {} MiB of the {} MiB it may use", prefix,
                         worker->memory_mib, worker->function->memory_mib));
  } else if (worker->death == Worker::Death::kInitTimeout) {
    SetError(result, InvokeStatus::kInitFailed, "Sandbox.Timedout",
             fmt::format("Init timed out after {:.2f} seconds",
                         static_cast<double>(worker->function->init_timeout.count()) / 1e3));
  } else if (starting && !worker->init_error.empty()) {
    SetPostedError(result, InvokeStatus::kInitFailed, worker->init_error_type, worker->init_error);
  } else {
    SetError(result, starting ? InvokeStatus::kInitFailed : InvokeStatus::kCrashed, "Runtime.ExitError",
             exit.signal == 0 && exit.code == 0
                 ? prefix + "Runtime exited without providing a reason"
                 : fmt::format("{}Runtime exited with error: {}", prefix, exit.ToString()));
  }
  return result;
}

void Pool::OnExit(const WorkerPtr& worker) {
  const std::optional<ChildExit> exit = worker->child->Reap();
  if (!exit) return;
  host_.loop.Unwatch(worker->child->exit_fd());
  host_.loop.Unwatch(worker->pipe.read_fd());
  const std::string last_lines = worker->output.LastLines();
  std::vector<Ended> ended;
  http::Responder unanswered;
  {
    std::lock_guard lock(mutex_);
    std::erase(workers_, worker);
    std::erase(idle_, worker);
    unanswered = std::move(worker->next);
    worker->state = Worker::State::kDying;
    if (worker->current != nullptr) {
      Ended one{worker, std::move(worker->current), {}};
      one.result = DeathOf(worker, *exit, one.invocation->request_id);
      one.result.request_id = one.invocation->request_id;
      one.result.executed_version = worker->function->version;
      one.result.init_duration = one.invocation->init_duration;
      ended.push_back(std::move(one));
    } else if (!worker->ready && worker->death != Worker::Death::kOurs && worker->generation == generation_ &&
               !closed_) {
      InvokeResult failure = DeathOf(worker, *exit, {});
      if (!last_lines.empty()) failure.error_message += "\nits last output:\n" + last_lines;
      NoteStartFailed(std::move(failure), ended);
    }
  }
  host_.strike(worker);
  FinishAll(std::move(ended));
  Staff();
}

MonoTime Pool::Sweep() {
  MonoTime next = MonoTime::max();
  std::vector<Ended> ended;
  {
    std::lock_guard lock(mutex_);
    const MonoTime now = host_.clock.Mono();
    const bool look = now >= memory_look_;
    if (look) memory_look_ = now + kMemoryLookEvery;
    std::size_t living = 0;
    for (const WorkerPtr& worker : workers_) living += worker->state != Worker::State::kDying ? 1 : 0;
    // True at its time; otherwise that is when to look again.
    auto due = [&](MonoTime time) {
      if (now >= time) return true;
      next = std::min(next, time);
      return false;
    };
    for (const WorkerPtr& worker : workers_) {
      const FunctionOptions& function = *worker->function;
      switch (worker->state) {
        case Worker::State::kStarting:
          if (due(worker->since + function.init_timeout)) Kill(worker, Worker::Death::kInitTimeout);
          break;
        case Worker::State::kBusy:
          if (due(worker->deadline)) {
            Ended one{worker, std::move(worker->current), {}};
            one.result = ResultFor(*one.invocation);
            SetError(one.result, InvokeStatus::kTimedOut, "Sandbox.Timedout",
                     TimeoutMessage(one.invocation->request_id, one.invocation->timeout));
            Kill(worker, Worker::Death::kOurs);
            ended.push_back(std::move(one));
          }
          break;
        case Worker::State::kIdle:
          if (living > options_->warm && due(worker->since + options_->idle_timeout)) {
            Kill(worker, Worker::Death::kOurs);
            --living;
          }
          break;
        case Worker::State::kReturning:
          // It has answered, and is stuck in something else.
          if (due(worker->since + function.timeout)) Kill(worker, Worker::Death::kOurs);
          break;
        case Worker::State::kDying:
          break;
      }
      if (worker->state == Worker::State::kDying || worker->state == Worker::State::kIdle) continue;
      next = std::min(next, memory_look_);
      if (!look || !worker->child) continue;
      worker->memory_mib = static_cast<std::uint32_t>(worker->child->AnonymousBytes() >> 20);
      stats_.memory_mib = worker->memory_mib;
      if (worker->memory_mib > function.memory_mib) Kill(worker, Worker::Death::kOutOfMemory);
    }
  }
  FinishAll(std::move(ended));
  Staff();
  return next;
}

}  // namespace millrace::functions
