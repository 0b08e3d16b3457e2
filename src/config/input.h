// RuleInput and PipeInput make a transform::Input of a template. One that EventBridge takes but could never deliver is
// refused here: whoever writes it wants it to work.
//
// Threads:   pure functions.
// Failure:   InvalidArgument.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "transform/input.h"

namespace millrace::config {

Result<transform::Input> RuleInput(const std::vector<std::pair<std::string, std::string>>& paths,
                                   std::string_view text);
// An empty template is none.
Result<transform::Input> PipeInput(std::string_view text);

}  // namespace millrace::config
