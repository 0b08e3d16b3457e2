// TestEventPattern says whether an event matches a pattern.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html
//
// Threads: a function without state.
// Failure: InvalidEventPatternException, ValidationException in AWS's words.
#pragma once

#include <string>

#include "base/error.h"
#include "json/value.h"
#include "pattern/service_limits.h"

namespace millrace::api::events {

Result<std::string> TestEventPattern(const pattern::ServiceLimits& limits, const json::Value& request);

}  // namespace millrace::api::events
