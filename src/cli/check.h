// Check is `millrace check`: what is wrong with configurations, and where.
#pragma once

#include <string>
#include <vector>

#include "cli/io.h"

namespace millrace::cli {

struct CheckOptions {
  std::vector<std::string> files;  // none: the nearest millrace.yaml; "-" is standard input
  std::string format = "text";     // or json
};

// Exit code: 0 if all are valid, 3 if one is not, 2 if there is none.
int Check(const CheckOptions& options, Io& io);

}  // namespace millrace::cli
