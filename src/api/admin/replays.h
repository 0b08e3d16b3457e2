// StartReplay answers POST /_millrace/replay: {"bus": …, "from": …, "to": …, "name": …, "rules": […]}.
//
// `from` and `to` are times, or how long ago; `from` may be "trim-horizon", `to` is now if it is not given. Without a
// name the replay gets one of the time.
//
// Threads:   waits for the disk; not for request threads.
// Failure:   InvalidArgument that names the field; the plant's errors.
#pragma once

#include <string>
#include <string_view>

#include "api/admin/plant.h"
#include "base/clock.h"

namespace millrace::api::admin {

Result<std::string> StartReplay(const Plant& plant, const Clock& clock, std::string_view body);

}  // namespace millrace::api::admin
