#include "app/maintenance.h"

#include "base/log.h"

namespace millrace::app {

Maintenance::Maintenance(engine::Engine& engine, std::chrono::seconds interval, std::function<engine::LogHolds()> holds)
    : engine_(engine),
      interval_(interval),
      holds_(std::move(holds)),
      thread_(ThreadRole::kBackground, "mr-maintain", [this] { Run(); }) {}

void Maintenance::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.Join();
}

void Maintenance::Run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, interval_, [&] { return stopping_; })) {
    lock.unlock();
    if (Status done = engine_.Maintain(holds_()); !done.ok()) log::Warn("maintenance: {}", done.error().message());
    lock.lock();
  }
}

}  // namespace millrace::app
