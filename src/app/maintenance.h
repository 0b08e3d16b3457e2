// Maintenance calls Engine::Maintain once a minute: shards roll, old records are trimmed unless a subscription has yet
// to read them, old tokens are forgotten.
//
// Threads:   one background thread; Stop joins it.
// Ownership: the engine outlives it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "base/thread.h"
#include "engine/engine.h"

namespace millrace::app {

class Maintenance {
 public:
  // `holds` says how far the logs' readers have come; it is asked on the background thread.
  Maintenance(engine::Engine& engine, std::chrono::seconds interval, std::function<engine::LogHolds()> holds);
  ~Maintenance() { Stop(); }
  // Idempotent.
  void Stop();

 private:
  void Run();

  engine::Engine& engine_;
  const std::chrono::seconds interval_;
  const std::function<engine::LogHolds()> holds_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  Thread thread_;
};

}  // namespace millrace::app
