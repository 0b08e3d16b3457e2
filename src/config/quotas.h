// CheckQuotas holds the patterns and rules of a configuration to what the service allows.
//
// Threads:   pure function.
#pragma once

#include "config/config.h"
#include "config/report.h"

namespace millrace::config {

void CheckQuotas(const Config& config, Report& report);

}  // namespace millrace::config
