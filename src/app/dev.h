// RunDev is `millrace dev`: one node on this machine, with its tables, buses, pipes and rules, until it is asked to
// stop.
//
// The caller has read and checked the configuration and settled every default, so that what is here is what happens.
//
// Threads:   called once, from the main thread; handles SIGINT and SIGTERM while it runs.
// Failure:   reported on stderr; the exit code says which kind it was: 1, 5 when the port or the data directory is
// taken, 6 when data is damaged.
#pragma once

#include <cstdint>
#include <string>

#include "config/config.h"

namespace millrace::app {

enum class Durability : std::uint8_t {
  kDurable,  // an answer means fsynced
  kRelaxed,  // answers before the fsync; the banner says what can be lost
  kMemory,   // nothing on disk
};

struct DevOptions {
  config::Config config;
  std::string config_file;         // as shown to people; empty: there is no file
  std::string config_directory;    // what `file:` targets are relative to
  std::string data = ".millrace";  // directory; unused with kMemory
  std::string host = "127.0.0.1";  // a loopback address, checked
  std::uint16_t port = 4566;       // 0: any free one
  Durability durability = Durability::kDurable;
  std::string ready_file;  // written when requests are served: {"endpoint":…,"pid":…}; empty: none
  bool quiet = false;      // no banner, no line per change
  bool color = false;
};

// The process's exit code.
int RunDev(const DevOptions& options);

}  // namespace millrace::app
