// Maintenance calls Engine::Maintain once a minute: shards roll, old records are trimmed, old tokens forgotten.
//
// Threads:   one background thread; Stop joins it.
// Ownership: the engine outlives it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/thread.h"
#include "engine/engine.h"

namespace millrace::app {

class Maintenance {
 public:
  Maintenance(engine::Engine& engine, std::chrono::seconds interval);
  ~Maintenance() { Stop(); }
  // Idempotent.
  void Stop();

 private:
  void Run();

  engine::Engine& engine_;
  const std::chrono::seconds interval_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  Thread thread_;
};

}  // namespace millrace::app
