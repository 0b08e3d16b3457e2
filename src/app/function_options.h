// FunctionOptionsOf makes of a configuration's function what runs it.
//
// Threads:   a pure function.
#pragma once

#include <string>

#include "config/config.h"
#include "functions/function_options.h"

namespace millrace::app {

// `directory`: what the function's own is relative to.
functions::FunctionOptions FunctionOptionsOf(const config::Function& function, const std::string& directory);

}  // namespace millrace::app
