// AddFunctionMetrics adds to a registry what functions do: one series for each.
//
// Threads:   the collector runs on whatever thread renders.
// Ownership: the functions outlive every rendering.
#pragma once

#include "functions/functions.h"
#include "metrics/registry.h"

namespace millrace::app {

void AddFunctionMetrics(metrics::Registry& registry, const functions::Functions& functions);

}  // namespace millrace::app
