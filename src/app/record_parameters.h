// What a configuration says of each record besides its body, evaluated for one record.
//
// Threads:   pure functions.
// Failure:   InvalidArgument if the event has nothing at one of the paths.
#pragma once

#include <memory>

#include "config/config.h"
#include "flow/record.h"
#include "json/value.h"

namespace millrace::app {

// Whether it depends on the event.
bool LooksInto(const config::RecordParameters& parameters);
// REQUIRES: not empty. `event` is not looked at unless LooksInto.
Result<std::shared_ptr<const flow::RecordParameters>> Evaluate(const config::RecordParameters& parameters,
                                                               const json::Value& event);

}  // namespace millrace::app
