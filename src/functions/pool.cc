#include "functions/pool.h"

#include <algorithm>

#include "base/check.h"
#include "functions/report.h"

namespace millrace::functions {
namespace {

using std::chrono::milliseconds;

std::string NewTraceId(Random& random, std::int64_t now_ms) {
  return fmt::format("Root=1-{:08x}-{:08x}{:016x};Parent={:016x};Sampled=0", now_ms / 1000,
                     static_cast<std::uint32_t>(random.Next()), random.Next(), random.Next());
}

}  // namespace

Pool::Pool(Host& host, FunctionOptions options)
    : host_(host), options_(std::make_shared<const FunctionOptions>(std::move(options))) {}

std::shared_ptr<const FunctionOptions> Pool::options() const {
  std::lock_guard lock(mutex_);
  return options_;
}

FunctionStats Pool::Stats() const {
  std::lock_guard lock(mutex_);
  FunctionStats stats = stats_;
  stats.waiting = waiting_.size();
  for (const WorkerPtr& worker : workers_) {
    stats.running += worker->current != nullptr ? 1 : 0;
    stats.processes += worker->state != Worker::State::kDying ? 1 : 0;
    stats.memory_mib = std::max(stats.memory_mib, worker->memory_mib);
  }
  return stats;
}

bool Pool::HasProcesses() const {
  std::lock_guard lock(mutex_);
  return !workers_.empty();
}

InvokeResult Pool::ResultFor(const Invocation& invocation) const {
  InvokeResult result;
  result.request_id = invocation.request_id;
  result.executed_version = options_->version;
  result.init_duration = invocation.init_duration;
  return result;
}

void Pool::Submit(std::string payload, InvokeOptions options, Functions::Done done) {
  auto invocation = std::make_unique<Invocation>();
  invocation->request_id = options.request_id.empty() ? host_.random.Uuid() : std::move(options.request_id);
  invocation->payload = std::move(payload);
  invocation->options = std::move(options);
  invocation->done = std::move(done);
  invocation->queued = host_.clock.Mono();
  const std::size_t bytes = invocation->payload.size();

  std::optional<Dispatch> dispatch;
  std::optional<Ended> refused;
  {
    std::lock_guard lock(mutex_);
    invocation->timeout = std::min(options_->timeout, invocation->options.timeout.value_or(options_->timeout));
    auto refuse = [&](InvokeStatus status, std::string_view type, std::string message) {
      refused = Ended{nullptr, nullptr, ResultFor(*invocation)};
      SetError(refused->result, status, type, std::move(message));
      refused->invocation = std::move(invocation);
    };
    if (closed_) {
      refuse(*closed_, "ResourceNotFoundException", fmt::format("function '{}' is gone", options_->name));
    } else if (bytes > kPayloadBytesMax) {
      refuse(InvokeStatus::kBadRequest, "RequestTooLargeException",
             fmt::format("the event has {} bytes; at most {} are allowed", bytes, kPayloadBytesMax));
    } else if (!idle_.empty() && waiting_.empty()) {
      const WorkerPtr worker = std::move(idle_.back());
      idle_.pop_back();
      dispatch = Assign(worker, std::move(invocation));
    } else if (waiting_.size() >= options_->queue_max || waiting_bytes_ + bytes > options_->queue_bytes_max) {
      ++stats_.throttles;
      refuse(InvokeStatus::kThrottled, "TooManyRequestsException",
             fmt::format("Rate Exceeded: {} invocations of {} bytes wait for a process of function '{}' already",
                         waiting_.size(), waiting_bytes_, options_->name));
    } else {
      waiting_bytes_ += bytes;
      waiting_.push_back(std::move(invocation));
      CallForStaff();
    }
  }
  if (dispatch) return Send(std::move(*dispatch));
  if (refused) refused->invocation->done(std::move(refused->result));
}

// With the lock held: posting and waking touch no other lock than the loop's own, which is a leaf.
void Pool::CallForStaff() {
  const MonoTime due = StaffDue();
  if (due > host_.clock.Mono()) {
    if (due != MonoTime::max()) host_.loop.WakeBy(due);
  } else if (!called_) {
    called_ = true;
    host_.loop.Post([self = shared_from_this()] { self->Staff(); });
  }
}

MonoTime Pool::StaffDue() const {
  if (closed_) return MonoTime::max();
  std::size_t living = 0, starting = 0, coming = 0;
  for (const WorkerPtr& worker : workers_) {
    if (worker->state == Worker::State::kDying || worker->generation != generation_) continue;
    ++living;
    if (worker->state == Worker::State::kStarting) ++starting;
    if (worker->state == Worker::State::kStarting || worker->state == Worker::State::kReturning) ++coming;
  }
  if (living >= options_->concurrency) return MonoTime::max();
  if (living < options_->warm || (living == 0 && (eager_ || !waiting_.empty()))) return not_before_;
  if (starting >= host_.starting_max || waiting_.size() <= coming) return MonoTime::max();
  return std::max<MonoTime>(not_before_, waiting_.front()->queued + kPatience);
}

std::unique_ptr<Invocation> Pool::TakeWaiting() {
  std::unique_ptr<Invocation> invocation = std::move(waiting_.front());
  waiting_.pop_front();
  waiting_bytes_ -= invocation->payload.size();
  return invocation;
}

Pool::Dispatch Pool::Assign(const WorkerPtr& worker, std::unique_ptr<Invocation> invocation) {
  const MonoTime now = host_.clock.Mono();
  invocation->started = now;
  invocation->init_duration = std::exchange(worker->init_duration, std::nullopt);
  worker->state = Worker::State::kBusy;
  worker->since = now;
  worker->deadline = now + invocation->timeout;
  host_.loop.WakeBy(std::min<MonoTime>(worker->deadline, now + kMemoryLookEvery));

  const std::int64_t wall_ms = host_.clock.NowMillis();
  Dispatch dispatch{worker, std::move(worker->next), {}, invocation->request_id, invocation->options.log_tail};
  http::Response& response = dispatch.response;
  response.content_type = "application/json";
  response.headers.Reserve(6, 512);
  response.headers.Add("Lambda-Runtime-Aws-Request-Id", invocation->request_id);
  response.headers.Add("Lambda-Runtime-Deadline-Ms", std::to_string(wall_ms + invocation->timeout.count()));
  response.headers.Add("Lambda-Runtime-Invoked-Function-Arn", worker->function->arn);
  response.headers.Add("Lambda-Runtime-Trace-Id", invocation->options.trace_id.empty()
                                                      ? NewTraceId(host_.random, wall_ms)
                                                      : invocation->options.trace_id);
  if (!invocation->options.client_context.empty())
    response.headers.Add("Lambda-Runtime-Client-Context", invocation->options.client_context);
  response.body = std::move(invocation->payload);
  worker->current = std::move(invocation);
  return dispatch;
}

void Pool::Send(Dispatch dispatch) {
  dispatch.worker->output.Begin(dispatch.request_id, dispatch.log_tail);
  if (host_.options.log != nullptr || dispatch.log_tail)
    dispatch.worker->output.Note(StartLine(dispatch.request_id, dispatch.worker->function->version));
  dispatch.responder.Send(std::move(dispatch.response));
}

void Pool::Finish(Ended ended) {
  Invocation& invocation = *ended.invocation;
  InvokeResult& result = ended.result;
  if (ended.worker != nullptr) {
    Worker& worker = *ended.worker;
    result.duration = host_.clock.Mono() - invocation.started;
    std::vector<std::string> report;
    if (host_.options.log != nullptr || invocation.options.log_tail) {
      if (result.status == InvokeStatus::kTimedOut)
        report.push_back(TimeoutLine(result.request_id, invocation.timeout, host_.clock.Now()));
      if (result.status == InvokeStatus::kCrashed || result.status == InvokeStatus::kOutOfMemory) {
        report.push_back(result.error_message);
        report.push_back(result.error_type);
      }
      std::uint32_t used = 0;
      {
        std::lock_guard lock(mutex_);
        used = worker.memory_mib;
      }
      report.push_back(EndLine(result.request_id));
      report.push_back(ReportLine(result, worker.function->memory_mib, used));
    }
    result.log_tail = worker.output.End(report);
  }
  {
    std::lock_guard lock(mutex_);
    ++stats_.invocations;
    if (result.function_failed()) {
      ++stats_.errors;
      stats_.last_error = result.error_message;
    }
  }
  invocation.done(std::move(result));
}

void Pool::FinishAll(std::vector<Ended> ended) {
  for (Ended& one : ended) Finish(std::move(one));
}

void Pool::OnNext(const WorkerPtr& worker, http::Responder responder) {
  std::optional<Dispatch> dispatch;
  std::optional<Ended> unanswered;
  http::Responder replaced;  // answered outside of the lock
  {
    std::lock_guard lock(mutex_);
    const MonoTime now = host_.clock.Mono();
    replaced = std::move(worker->next);
    std::erase(idle_, worker);
    worker->next = std::move(responder);
    if (worker->state == Worker::State::kDying) return;
    if (worker->current != nullptr) {
      unanswered = Ended{worker, std::move(worker->current), {}};
      unanswered->result = ResultFor(*unanswered->invocation);
      SetError(unanswered->result, InvokeStatus::kFunctionError, "Runtime.InvalidStateTransition",
               fmt::format("RequestId: {} Error: the runtime asked for the next event without having answered",
                           unanswered->invocation->request_id));
    }
    if (worker->state == Worker::State::kStarting) {
      worker->ready = true;
      worker->init_duration = now - worker->since;
      stats_.last_init = *worker->init_duration;
      start_failures_ = 0;
      eager_ = false;
    }
    worker->state = Worker::State::kIdle;
    worker->since = now;
    if (closed_ || worker->generation != generation_) {
      host_.loop.Post([self = shared_from_this()] { self->KillRetired(); });
    } else if (!waiting_.empty() && unanswered == std::nullopt) {
      dispatch = Assign(worker, TakeWaiting());
      if (!waiting_.empty()) CallForStaff();
    } else {
      idle_.push_back(worker);
      host_.loop.WakeBy(now + options_->idle_timeout);
    }
  }
  if (unanswered) {
    Finish(std::move(*unanswered));
    // What waits gets it now that the output of the last one is settled.
    std::lock_guard lock(mutex_);
    if (!waiting_.empty() && worker->state == Worker::State::kIdle && std::erase(idle_, worker) > 0)
      dispatch = Assign(worker, TakeWaiting());
  }
  if (dispatch) Send(std::move(*dispatch));
}

bool Pool::OnAnswer(const WorkerPtr& worker, std::string_view request_id, PostedAnswer answer) {
  std::optional<Ended> ended;
  {
    std::lock_guard lock(mutex_);
    if (worker->current == nullptr || worker->current->request_id != request_id) return false;
    ended = Ended{worker, std::move(worker->current), {}};
    ended->result = ResultFor(*ended->invocation);
    worker->state = Worker::State::kReturning;
    worker->since = host_.clock.Mono();
  }
  if (answer.error) {
    const bool too_large = answer.error_type == "Function.ResponseSizeTooLarge";
    SetPostedError(ended->result, too_large ? InvokeStatus::kTooLarge : InvokeStatus::kFunctionError, answer.error_type,
                   std::move(answer.body));
  } else if (answer.body.size() > kResponseBytesMax) {
    SetError(ended->result, InvokeStatus::kTooLarge, "Function.ResponseSizeTooLarge",
             fmt::format("Response payload size ({} bytes) exceeded maximum allowed payload size ({} bytes).",
                         answer.body.size(), kResponseBytesMax));
  } else {
    ended->result.payload = std::move(answer.body);
  }
  Finish(std::move(*ended));
  return true;
}

void Pool::OnInitError(const WorkerPtr& worker, std::string type, std::string document) {
  std::lock_guard lock(mutex_);
  worker->init_error_type = std::move(type);
  worker->init_error = document.empty() ? "{}" : std::move(document);
}

void Pool::Update(FunctionOptions options) {
  {
    std::lock_guard lock(mutex_);
    options_ = std::make_shared<const FunctionOptions>(std::move(options));
  }
  Reload();
}

void Pool::Reload() {
  std::lock_guard lock(mutex_);
  if (closed_) return;
  eager_ = eager_ || !workers_.empty();
  ++generation_;
  // From here on nothing is given to those that are idle, whenever the loop gets to them.
  for (const WorkerPtr& worker : idle_) {
    worker->state = Worker::State::kDying;
    worker->death = Worker::Death::kOurs;
  }
  idle_.clear();
  start_failures_ = 0;
  not_before_ = MonoTime::min();
  host_.loop.Post([self = shared_from_this()] {
    self->KillRetired();
    self->Staff();
  });
}

void Pool::Close(InvokeStatus why) {
  std::vector<Ended> ended;
  {
    std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = why;
    auto end = [&](const WorkerPtr& worker, std::unique_ptr<Invocation> invocation) {
      Ended one{worker, std::move(invocation), {}};
      one.result = ResultFor(*one.invocation);
      SetError(one.result, why, why == InvokeStatus::kNotFound ? "ResourceNotFoundException" : "ServiceException",
               fmt::format("function '{}' was {}", options_->name,
                           why == InvokeStatus::kNotFound ? "removed" : "stopped with the server"));
      ended.push_back(std::move(one));
    };
    while (!waiting_.empty()) end(nullptr, TakeWaiting());
    for (const WorkerPtr& worker : workers_)
      if (worker->current != nullptr) end(worker, std::move(worker->current));
    host_.loop.Post([self = shared_from_this()] { self->KillRetired(); });
  }
  FinishAll(std::move(ended));
}

}  // namespace millrace::functions
