// AddNodeMetrics adds to a registry what a node tells about itself beside its flows: its version, what its engine
// holds, what its port does.
//
// Threads:   the collector runs on whatever thread renders.
// Ownership: engine, server and clock outlive every rendering.
#pragma once

#include "engine/engine.h"
#include "http/server.h"
#include "metrics/registry.h"

namespace millrace::app {

void AddNodeMetrics(metrics::Registry& registry, engine::Engine& engine, const http::Server& server,
                    const Clock& clock);

}  // namespace millrace::app
