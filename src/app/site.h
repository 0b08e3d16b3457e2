// Site is what all flows of a node share: where they are, the engine, the threads they run on, and who watches.
//
// Threads:   thread-safe, but for Stop of the executor.
// Ownership: engine, clock, random, metrics and functions outlive it; it outlives every flow.
#pragma once

#include <functional>
#include <string>

#include "app/shaping.h"
#include "app/state_rows.h"
#include "base/clock.h"
#include "base/random.h"
#include "engine/engine.h"
#include "flow/executor.h"
#include "functions/functions.h"
#include "metrics/registry.h"

namespace millrace::app {

// What people watch: one line each, already worded.
struct FlowsWatcher {
  std::function<void(const std::string&)> line = {};           // a record was delivered
  std::function<void(const std::string&)> problem = {};        // a target is down, a record is tried again
  std::function<void(const std::string&)> function_line = {};  // a function wrote a line; must not block long
};

struct Site {
  Site(engine::Scope where, int threads, engine::Engine& the_engine, const Clock& the_clock, Random& the_random,
       metrics::Registry& registry, functions::Functions& the_functions, FlowsWatcher who)
      : scope(std::move(where)),
        place{scope.account, scope.region},
        engine(the_engine),
        clock(the_clock),
        random(the_random),
        metrics(registry),
        functions(the_functions),
        watcher(std::move(who)),
        state(the_engine),
        executor(threads, the_clock) {}

  engine::ScopeId ScopeId() const { return *engine.catalogue()->FindScope(scope); }

  const engine::Scope scope;
  const Place place;
  engine::Engine& engine;
  const Clock& clock;
  Random& random;
  metrics::Registry& metrics;
  functions::Functions& functions;
  const FlowsWatcher watcher;
  StateRows state;
  flow::ThreadExecutor executor;
};

}  // namespace millrace::app
