// Main is the program: the process's own streams, environment and exit code.
#pragma once

namespace millrace::cli {

int Main(int argc, char** argv);

}  // namespace millrace::cli
