// Secrets finds the values that a configuration names, in the environment or in files, when somebody needs them.
//
// Threads:   functions over values; reads the disk. The environment must not change meanwhile.
// Ownership: the configuration outlives it.
// Failure:   FailedPrecondition that names the secret, where it should be and who needs it; never its value.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"
#include "config/config.h"

namespace millrace::app {

class Secrets {
 public:
  static constexpr std::size_t kBytesMax = 64 * 1024;

  // Paths are relative to `directory`; empty: to the working directory.
  Secrets(const config::Config& config, std::string directory) : config_(config), directory_(std::move(directory)) {}

  // Of a file without the line break at its end. An empty value is an error. `who` needs it: "target/crm".
  // REQUIRES: the configuration declares it.
  Result<Secret> Read(const config::Ref& secret, std::string_view who) const;

 private:
  const config::Config& config_;
  const std::string directory_;
};

}  // namespace millrace::app
