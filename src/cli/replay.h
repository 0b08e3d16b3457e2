// `millrace replay`: puts archived events on their bus once more.
#pragma once

#include <string>
#include <vector>

#include "cli/io.h"

namespace millrace::cli {

struct ReplayOptions {
  std::string endpoint;
  std::string bus;
  std::string from;
  std::string to;
  std::string name;
  std::vector<std::string> rules;
  bool json = false;
};

// Exit code: 1 if the server refuses, 4 if none answers.
int StartReplay(const ReplayOptions& options, Io& io);

}  // namespace millrace::cli
