#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <ctime>

namespace millrace::log {
namespace {

std::atomic<Level> level_threshold{Level::kInfo};

}  // namespace

void SetLevel(Level level) {
  level_threshold.store(level, std::memory_order_relaxed);
}
bool Enabled(Level level) {
  return level >= level_threshold.load(std::memory_order_relaxed);
}

void Write(Level level, std::string_view message) {
  static constexpr const char* kNames[] = {"debug", "info ", "warn ", "error", "     "};
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);  // the one reader of time besides Clock: a log line stamps itself
  tm utc{};
  gmtime_r(&now.tv_sec, &utc);
  const std::string line = fmt::format("{:02}:{:02}:{:02}.{:03} {} {}\n", utc.tm_hour, utc.tm_min, utc.tm_sec,
                                       now.tv_nsec / 1'000'000, kNames[static_cast<int>(level)], message);
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace millrace::log
