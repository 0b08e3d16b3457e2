// Call is what an operation works with: the engine, who asks, the time, and the request's JSON.
//
// Threads:   confined to the request thread.
// Ownership: borrows everything and lives until the operation returns.
#pragma once

#include <cstdint>

#include "engine/engine.h"
#include "json/value.h"

namespace millrace::api::streams {

struct Call {
  engine::Engine& engine;
  const engine::Catalogue& catalogue;  // one snapshot for the whole request
  const engine::Scope& scope;
  std::int64_t now_ms = 0;
  const json::Value& request;
};

}  // namespace millrace::api::streams
