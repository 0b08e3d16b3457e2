// Worker is one process of a function, as its pool knows it, and the invocation that it has.
//
// Internal to functions.
//
// Threads:   `child` is confined to the event loop's thread; what is constant or thread-safe is anybody's; the rest is
//            guarded by the pool's mutex.
// Ownership: shared: by its pool while the process lives, and by whoever is just dealing with it. It keeps its pool.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "functions/child_process.h"
#include "functions/functions.h"
#include "functions/output.h"
#include "http/server.h"

namespace millrace::functions {

class Pool;

struct Invocation {
  std::string request_id;
  std::string payload;
  InvokeOptions options;
  Functions::Done done;
  std::chrono::milliseconds timeout{0};
  MonoTime queued;
  MonoTime started;
  std::optional<std::chrono::nanoseconds> init_duration = {};
};

struct Worker {
  enum class State : std::uint8_t {
    kStarting,   // has not asked for an event yet
    kIdle,       // waits for one: `next` is its question
    kBusy,       // has one: `current`
    kReturning,  // has answered, and has not asked for the next one yet
    kDying,      // was killed, or will be as soon as the loop gets to it
  };
  enum class Death : std::uint8_t { kItself, kInitTimeout, kOutOfMemory, kOurs };

  Worker(std::shared_ptr<Pool> owner, std::uint64_t of_generation, std::shared_ptr<const FunctionOptions> of,
         OutputPipe output_pipe, const Clock& clock, const Output::Log& log)
      : pool(std::move(owner)),
        generation(of_generation),
        function(std::move(of)),
        pipe(std::move(output_pipe)),
        output(pipe.read_fd(), function->name, clock, log) {}

  const std::shared_ptr<Pool> pool;
  const std::uint64_t generation;
  const std::shared_ptr<const FunctionOptions> function;
  OutputPipe pipe;
  Output output;
  http::Server::Listener listener;
  std::optional<ChildProcess> child;

  State state = State::kStarting;
  bool ready = false;  // has asked for an event at least once
  Death death = Death::kItself;
  http::Responder next;
  std::unique_ptr<Invocation> current;
  MonoTime since;                                         // when it entered its state
  MonoTime deadline;                                      // of the invocation
  std::optional<std::chrono::nanoseconds> init_duration;  // until its first invocation has it
  std::string init_error_type;
  std::string init_error;  // the document that it posted before it gave up
  std::uint32_t memory_mib = 0;
};
using WorkerPtr = std::shared_ptr<Worker>;

}  // namespace millrace::functions
