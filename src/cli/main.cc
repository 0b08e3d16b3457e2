#include "cli/main.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <streambuf>
#include <system_error>

#include "app/dev.h"
#include "cli/command_line.h"

namespace millrace::cli {
namespace {

// Standard input as it arrives: a read returns what is there, so that a pipe's lines are handled when they come.
class InputBuffer : public std::streambuf {
 protected:
  int_type underflow() override {
    ssize_t got = 0;
    do {
      got = read(STDIN_FILENO, bytes_.data(), bytes_.size());
    } while (got < 0 && errno == EINTR);
    if (got <= 0) return traits_type::eof();
    setg(bytes_.data(), bytes_.data(), bytes_.data() + got);
    return traits_type::to_int_type(bytes_[0]);
  }

 private:
  std::array<char, 64 * 1024> bytes_;
};

// Until Ctrl-C, which ends the process.
bool Wait(std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, time);
  return true;
}

std::string Environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

int Main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  InputBuffer buffer;
  std::istream in(&buffer);
  std::error_code unknown;  // a working directory that was removed: paths are then taken as they are
  Io io{in,
        std::cout,
        std::cerr,
        isatty(STDOUT_FILENO) == 1,
        isatty(STDERR_FILENO) == 1,
        Environment,
        std::filesystem::current_path(unknown).string(),
        app::RunDev,
        Wait};
  return Run({argv + (argc > 0 ? 1 : 0), argv + argc}, io);
}

}  // namespace millrace::cli
