#include "functions/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/check.h"

namespace millrace::functions {
namespace {

constexpr auto kNever = MonoTime::max().time_since_epoch().count();

}  // namespace

EventLoop::EventLoop(const Clock& clock, std::function<MonoTime()> on_alarm)
    : clock_(clock), on_alarm_(std::move(on_alarm)) {}

EventLoop::~EventLoop() {
  Stop();
  if (epoll_fd_ >= 0) ::close(epoll_fd_);
  if (wake_fd_ >= 0) ::close(wake_fd_);
}

Status EventLoop::Start(std::string name) {
  epoll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
  wake_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{.events = EPOLLIN, .data = {.fd = wake_fd_}};
  if (epoll_fd_ < 0 || wake_fd_ < 0 || ::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event) != 0)
    return Err(ErrorCode::kIo, {}, "cannot watch processes: no descriptors left");
  thread_ = Thread(ThreadRole::kBackground, std::move(name), [this] { Run(); });
  return Ok();
}

void EventLoop::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  Poke();
  thread_.Join();
}

void EventLoop::Post(Task task) {
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    first = tasks_.empty();
    tasks_.push_back(std::move(task));
  }
  if (first) Poke();
}

void EventLoop::WakeBy(MonoTime time) {
  const MonoTime::rep wanted = time.time_since_epoch().count();
  MonoTime::rep set = alarm_.load(std::memory_order_relaxed);
  while (wanted < set)
    if (alarm_.compare_exchange_weak(set, wanted)) return Poke();
}

void EventLoop::Poke() {
  if (wake_fd_ < 0) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);  // full is as good: it wakes
}

void EventLoop::Watch(int fd, Task on_readable) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  CHECK(::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0, "a descriptor cannot be watched");
  watched_[fd] = std::make_shared<Task>(std::move(on_readable));
}

void EventLoop::Unwatch(int fd) {
  if (watched_.erase(fd) > 0) ::epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
}

int EventLoop::WaitMillis() const {
  const MonoTime::rep alarm = alarm_.load();
  if (alarm == kNever) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(Duration(alarm) - clock_.Mono().time_since_epoch());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
}

void EventLoop::RunTasks() {
  std::vector<Task> tasks;
  {
    std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const Task& task : tasks) task();
}

void EventLoop::Run() {
  std::array<epoll_event, 64> events{};
  while (true) {
    const int count = ::epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()), WaitMillis());
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == wake_fd_) {
        std::uint64_t pokes = 0;
        [[maybe_unused]] const ssize_t read = ::read(wake_fd_, &pokes, sizeof pokes);
        continue;
      }
      const auto found = watched_.find(fd);
      if (found == watched_.end()) continue;
      const std::shared_ptr<Task> task = found->second;  // it may unwatch itself
      (*task)();
    }
    RunTasks();
    if (clock_.Mono().time_since_epoch().count() >= alarm_.load()) {
      alarm_.store(kNever);
      WakeBy(on_alarm_());
    }
    std::lock_guard lock(mutex_);
    if (stopping_ && tasks_.empty()) return;
  }
}

}  // namespace millrace::functions
