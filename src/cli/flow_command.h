// `millrace pipe pause`, `resume` and `seek`: stops a pipe or a rule's way to a target, lets it go on, sends it
// elsewhere.
#pragma once

#include <string>

#include "cli/io.h"

namespace millrace::cli {

struct FlowCommandOptions {
  std::string endpoint;
  std::string what;  // pause, resume, seek
  std::string flow;
  std::string to;  // to seek: trim-horizon, latest, a sequence number, a time, how long ago
  bool json = false;
};

// Exit code: 1 if the server refuses, 4 if none answers.
int OperateFlow(const FlowCommandOptions& options, Io& io);

}  // namespace millrace::cli
