// What is executed for a function, and with which environment.
//
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
//
// Threads:   Bootstraps is thread-safe after construction; the rest are functions without state.
// Ownership: Bootstraps removes its directory when it goes.
// Failure:   Io if the bootstraps cannot be written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "functions/child_process.h"
#include "functions/function_options.h"
#include "functions/functions.h"

namespace millrace::functions {

// The embedded bootstraps as files, in a private directory (LAMBDA_RUNTIME_DIR).
class Bootstraps {
 public:
  Bootstraps() = default;
  ~Bootstraps();
  Bootstraps(const Bootstraps&) = delete;
  Bootstraps& operator=(const Bootstraps&) = delete;

  // Writes what is not there: whoever tidies /tmp may have been here.
  Status Provide();
  const std::string& directory() const { return directory_; }

 private:
  std::string directory_;  // empty: not made yet
};

// REQUIRES: Provide has succeeded.
ChildOptions LaunchOf(const FunctionOptions& function, const FunctionsOptions& options, const Bootstraps& bootstraps,
                      std::uint16_t api_port, std::string_view log_stream);

// "arn:aws:lambda:us-east-1:000000000000:function:name".
std::string FunctionArn(std::string_view account, std::string_view region, std::string_view name);

}  // namespace millrace::functions
