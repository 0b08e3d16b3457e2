// ChildProcess is one process that was started for a function: first in its process group, killed by the kernel when
// this process ends.
//
// Started with clone(CLONE_VM | CLONE_VFORK), as posix_spawn does it, which a process with many threads and much memory
// can afford, and which lets the child set its death signal and limits. It inherits no descriptor but its standard
// ones.
//
// Threads:   externally synchronised. The kernel kills the child also when the thread that started it ends.
// Ownership: who starts it must Reap it.
// Failure:   Start returns Io that names the step: no such executable, no processes left.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace millrace::functions {

struct ChildOptions {
  std::vector<std::string> command;      // looked up in this process's PATH if the first word has no '/'
  std::vector<std::string> environment;  // "NAME=value"
  std::string directory;
  int output_fd = -1;                // its standard output and error
  std::uint64_t data_bytes_max = 0;  // RLIMIT_DATA; 0: as it is
};

struct ChildExit {
  int code = 0;    // if it ended by itself
  int signal = 0;  // otherwise
  // "exit status 1", "signal: killed": as Lambda words it.
  std::string ToString() const;
};

// A pipe: what a child writes, and where that is read. Both are closed on exec; reading does not block.
class OutputPipe {
 public:
  static Result<OutputPipe> Make();
  OutputPipe(OutputPipe&& other) noexcept;
  OutputPipe& operator=(OutputPipe&&) = delete;
  ~OutputPipe();

  int read_fd() const { return read_fd_; }
  int write_fd() const { return write_fd_; }
  // Once the child has it.
  void CloseWriteEnd();

 private:
  OutputPipe(int read_fd, int write_fd) : read_fd_(read_fd), write_fd_(write_fd) {}

  int read_fd_;
  int write_fd_;
};

class ChildProcess {
 public:
  static Result<ChildProcess> Start(const ChildOptions& options);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  int exit_fd() const { return pid_fd_; }  // readable once the process has ended
  // The whole group, at once. Nothing, once it was reaped.
  void Kill();
  // The exit status if it has ended; kills what is left of its group first, then it can no longer be waited for.
  std::optional<ChildExit> Reap();
  // Memory that is the process's own, without what it shares with files; 0 if it cannot be told.
  std::uint64_t AnonymousBytes() const;

 private:
  ChildProcess(pid_t pid, int pid_fd) : pid_(pid), pid_fd_(pid_fd) {}

  pid_t pid_;
  int pid_fd_;
  bool reaped_ = false;
};

}  // namespace millrace::functions
