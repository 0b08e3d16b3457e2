// Node is one running Millrace: store, engine, flows, and the port, built in order of dependence and stopped in
// reverse.
//
// Threads:   Start and Stop from one thread.
// Failure:   Start's errors say what could not begin; what had begun is stopped again. Their code and reason tell the
// kind:
//            store::reason::kDirectoryInUse, http::reason::kAddressInUse, Corruption.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "app/dev.h"
#include "app/site.h"
#include "base/clock.h"
#include "base/random.h"

namespace millrace::app {

struct NodeOptions {
  const DevOptions& dev;
  FlowsWatcher watcher;
  // The engine stopped taking writes; the process should end. Called on the writer thread.
  std::function<void(const Error&)> on_failure;
};

class Node {
 public:
  static Result<std::unique_ptr<Node>> Start(NodeOptions options, Clock& clock, Random& random);
  ~Node();

  std::uint16_t port() const;
  // Where functions answer HTTP requests; 0: none does.
  std::uint16_t routes_port() const;
  // Answers what it has, finishes what is in flight, saves the checkpoints, closes the store. Idempotent.
  void Stop();

 private:
  class Parts;
  explicit Node(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace millrace::app
