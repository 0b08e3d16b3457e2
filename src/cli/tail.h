// `millrace tail`: what comes in a log, as it comes.
#pragma once

#include <cstdint>
#include <string>

#include "cli/io.h"

namespace millrace::cli {

struct TailOptions {
  std::string endpoint;
  std::string log;    // "bus/crm", "table/users", an ARN
  std::string match;  // a pattern: JSON, or a file; empty: everything
  std::string from = "latest";
  std::uint64_t count = 0;  // ends after so many; 0: goes on
  bool follow = true;       // else ends at the end of the log
  bool json = false;
};

// Exit code: 0 when it has shown what was asked for, 3 for a pattern that is not valid, 1 if the server refuses (no
// such log), 4 if none answers.
int Tail(const TailOptions& options, Io& io);

}  // namespace millrace::cli
