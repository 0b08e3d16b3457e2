// Run reads a command line and does what it says.
//
// Threads:   called once.
// Failure:   every failure is an exit code (exit_code.h) and a message on io.err.
#pragma once

#include <string>
#include <vector>

#include "cli/io.h"

namespace millrace::cli {

// `arguments` without the program's name.
int Run(const std::vector<std::string>& arguments, Io& io);

}  // namespace millrace::cli
