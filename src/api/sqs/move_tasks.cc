#include "api/sqs/move_tasks.h"

#include <algorithm>
#include <future>
#include <map>

#include "api/sqs/errors.h"

namespace millrace::api::sqs {
namespace {

constexpr std::size_t kStepMessages = 100;
constexpr std::size_t kTasksMax = 100;  // remembered, over all queues
constexpr std::chrono::seconds kLease{60};

template <class T, class Begin>
Result<T> Await(Begin begin) {
  auto promise = std::make_shared<std::promise<Result<T>>>();
  auto answer = promise->get_future();
  begin([promise](Result<T> result) { promise->set_value(std::move(result)); });
  return answer.get();
}

}  // namespace

std::string_view StateName(MoveTasks::State state) {
  switch (state) {
    case MoveTasks::State::kRunning:
      return "RUNNING";
    case MoveTasks::State::kCompleted:
      return "COMPLETED";
    case MoveTasks::State::kCancelled:
      return "CANCELLED";
    case MoveTasks::State::kFailed:
      break;
  }
  return "FAILED";
}

MoveTasks::Task* MoveTasks::Find(std::string_view handle) {
  const auto found = std::ranges::find(tasks_, handle, &Task::handle);
  return found == tasks_.end() ? nullptr : &*found;
}

Result<std::string> MoveTasks::Start(const engine::Queue& source, std::string destination_arn,
                                     std::optional<std::int64_t> per_second) {
  ASSIGN_OR_RETURN(const engine::QueueCounts counts, engine_.queues().Counts(source.id));
  Task task;
  task.handle = random_.Uuid();
  task.source_arn = source.arn;
  task.destination_arn = std::move(destination_arn);
  task.per_second = per_second;
  task.to_move = counts.visible;
  task.started_ms = clock_.NowMillis();
  task.next = clock_.Mono();
  const std::string handle = task.handle;
  std::lock_guard lock(mutex_);
  for (const Task& other : tasks_)
    if (other.state == State::kRunning && other.source_arn == source.arn)
      return Wrong(reason::kInvalidParameterValue,
                   "There is already a task running. Only one active task is allowed for a source queue arn at a given "
                   "time.");
  tasks_.push_front(std::move(task));
  while (tasks_.size() > kTasksMax && tasks_.back().state != State::kRunning) tasks_.pop_back();
  if (!started_ && !stopping_) {
    started_ = true;
    thread_ = Thread(ThreadRole::kBackground, "mr-sqs-move", [this] { Run(); });
  }
  wake_.notify_one();
  return handle;
}

Result<std::uint64_t> MoveTasks::Cancel(std::string_view handle) {
  std::lock_guard lock(mutex_);
  Task* task = Find(handle);
  if (task == nullptr) return Wrong(reason::kResourceNotFound, "Task does not exist.");
  if (task->state != State::kRunning)
    return Wrong(reason::kUnsupportedOperation, "Only active tasks can be cancelled.");
  task->state = State::kCancelled;
  return task->moved;
}

std::vector<MoveTasks::Task> MoveTasks::List(std::string_view source_arn, std::size_t max) {
  std::vector<Task> found;
  std::lock_guard lock(mutex_);
  for (const Task& task : tasks_)
    if (task.source_arn == source_arn && found.size() < max) found.push_back(task);
  return found;
}

void MoveTasks::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.Join();
}

void MoveTasks::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const MonoTime now = clock_.Mono();
    std::optional<Task> due;
    std::optional<MonoTime> next;
    for (const Task& task : tasks_) {
      if (task.state != State::kRunning) continue;
      if (task.next <= now && (!due || task.next < due->next)) due = task;
      if (!next || task.next < *next) next = task.next;
    }
    if (!due) {
      next ? void(wake_.wait_for(lock, *next - now)) : wake_.wait(lock);
      continue;
    }
    lock.unlock();
    const bool more = Step(*due);
    lock.lock();
    Task* task = Find(due->handle);
    if (task == nullptr) continue;
    task->moved = due->moved;
    task->next = due->next;
    task->failure = due->failure;
    if (!more && task->state == State::kRunning)
      task->state = due->failure.empty() ? State::kCompleted : State::kFailed;
  }
}

bool MoveTasks::Step(Task& task) {
  const auto catalogue = engine_.catalogue();
  const auto source = catalogue->FindQueueByArn(task.source_arn);
  const auto fail = [&](std::string why) {
    task.failure = std::move(why);
    return false;
  };
  if (source == nullptr) return fail("AWS.SimpleQueueService.NonExistentQueue");
  engine::ReceiveRequest request;
  request.queue = source->id;
  request.visibility = kLease;
  // A tenth of a second's worth at a time.
  request.messages_max =
      task.per_second ? static_cast<std::size_t>(std::max<std::int64_t>(1, *task.per_second / 10)) : kStepMessages;
  const auto received =
      Await<engine::ReceiveResult>([&](auto done) { engine_.queues().Receive(request, std::move(done)); });
  if (!received.ok()) return fail(received.error().message());
  std::map<std::string, std::vector<std::string>> by_destination;
  for (const engine::ReceivedMessage& message : received->messages)
    by_destination[task.destination_arn.empty() ? message.dead_letter_source : task.destination_arn].push_back(
        message.receipt);
  std::string failure;
  for (auto& [arn, receipts] : by_destination) {
    const auto destination = catalogue->FindQueueByArn(arn);
    Status moved = Ok();
    if (destination == nullptr) {
      failure = arn.empty() ? "CouldNotDetermineMessageSource" : "AWS.SimpleQueueService.NonExistentQueue";
    } else {
      const auto outcomes = Await<std::vector<engine::ReceiptOutcome>>(
          [&](auto done) { engine_.queues().Move(source->id, receipts, destination->id, std::move(done)); });
      if (outcomes.ok()) {
        task.moved += receipts.size();
        continue;
      }
      failure = outcomes.error().message();
    }
    std::vector<engine::VisibilityChange> back;
    for (const std::string& receipt : receipts) back.push_back({receipt, std::chrono::milliseconds(0)});
    engine_.queues().ChangeVisibility(source->id, std::move(back), [](const auto&) {});
  }
  if (!failure.empty()) return fail(std::move(failure));
  if (task.per_second)
    task.next += std::chrono::nanoseconds(std::chrono::seconds(1)) *
                 static_cast<std::int64_t>(received->messages.size()) / *task.per_second;
  return !received->messages.empty() || !received->at_end;
}

}  // namespace millrace::api::sqs
