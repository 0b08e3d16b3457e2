// Status is how the flows are: as JSON for people and programs, as metrics for Prometheus.
//
// Threads:   thread-safe; counts in the logs, so not on a request thread.
// Ownership: plant and clock outlive what is made of them.
#pragma once

#include <functional>
#include <string>

#include "api/admin/plant.h"
#include "base/clock.h"
#include "metrics/exposition.h"

namespace millrace::api::admin {

// Beyond it a lag is "100000+".
inline constexpr std::size_t kLagRecordsMax = 100'000;
// What one answer counts in all logs together, at a few million records a second; when it is spent, each further flow
// gets kLagRecordsLeast.
inline constexpr std::size_t kCountedRecordsMax = 10'000'000;
inline constexpr std::size_t kLagRecordsLeast = 1'000;

// {"version": 1, "time": …, "flows": […]}.
std::string RenderStatus(const Plant& plant, const Clock& clock);
// One object of that list.
std::string RenderFlow(const RunningFlow& flow, const Clock& clock);

// Writes the families millrace_flow_….
void CollectFlows(const Plant& plant, const Clock& clock, metrics::Exposition& out);

}  // namespace millrace::api::admin
