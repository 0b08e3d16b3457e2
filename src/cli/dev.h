// Dev is `millrace dev`: settles what its flags, the configuration and the defaults say, and starts the node.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/io.h"

namespace millrace::cli {

struct DevFlags {
  std::string config;  // empty: the nearest millrace.yaml, if there is one
  std::optional<std::string> data;
  std::optional<std::string> host;
  std::optional<std::uint16_t> port;
  bool ephemeral = false;
  std::string durability;  // durable, relaxed, memory, or empty
  std::string ready_file;
  bool quiet = false;
};

// Exit code: 2 for flags that contradict each other or the rules, 3 for an invalid configuration, else the node's own.
int Dev(const DevFlags& flags, Io& io);

}  // namespace millrace::cli
