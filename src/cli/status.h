// ShowStatus is `millrace status`: how every pipe and every rule's way to a target is.
#pragma once

#include <string>

#include "cli/io.h"

namespace millrace::cli {

struct StatusOptions {
  std::string endpoint;
  bool json = false;
  bool watch = false;  // again every two seconds until Ctrl-C
};

// Exit code: 0 if all is well, 1 if a flow has failed or holds dead letters, 4 if no server answers.
int ShowStatus(const StatusOptions& options, Io& io);

}  // namespace millrace::cli
