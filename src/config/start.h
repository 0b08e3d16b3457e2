// ParseStart reads where a pipe begins: "latest", "trim-horizon", a sequence number, or a time.
//
// Threads:   a function without state.
#pragma once

#include <optional>
#include <string_view>

#include "config/config.h"

namespace millrace::config {

std::optional<Start> ParseStart(std::string_view text);

}  // namespace millrace::config
