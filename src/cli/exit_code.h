// ExitCode is what the process tells its caller. Scripts depend on the numbers: never renumber.
#pragma once

namespace millrace::cli {

enum ExitCode : int {
  kExitOk = 0,
  kExitFailed = 1,         // the check, test or operation failed; a pattern did not match
  kExitUsage = 2,          // the command line is wrong
  kExitInvalid = 3,        // the configuration, or what stands for it, is invalid
  kExitUnreachable = 4,    // no server answers
  kExitInUse = 5,          // port in use, or data directory locked
  kExitCorrupt = 6,        // stored data is damaged
  kExitTimeout = 7,        // not ready in time
  kExitPartial = 8,        // a bulk operation with some failures
  kExitInterrupted = 130,  // by Ctrl-C
};

}  // namespace millrace::cli
