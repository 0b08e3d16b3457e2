// The embedded runtimes, as text: bootstrap/bootstrap.cjs and bootstrap/bootstrap.py, put into the program by
// cmake/embed.cmake.
//
// Threads: constants.
#pragma once

#include <string_view>

namespace millrace::functions {

extern const std::string_view kNodeBootstrap;
extern const std::string_view kPythonBootstrap;

}  // namespace millrace::functions
