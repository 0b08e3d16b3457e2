// Output reads what a function's process writes to its standard output and error, which share a pipe, line by line, and
// says of each line to which invocation it belongs.
//
// A function that writes without end costs a bounded amount of memory and time: lines are cut into pieces of
// kLineBytesMax, and what comes faster than kBytesPerSecond is dropped and counted. The pipe holds the function up
// while nobody reads.
//
// Threads:   thread-safe; `log` is called under its lock, so that lines keep their order.
// Ownership: the descriptor stays its owner's and must be non-blocking; the clock outlives it.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "functions/functions.h"

namespace millrace::functions {

class Output {
 public:
  static constexpr std::size_t kLineBytesMax = std::size_t{64} << 10;
  static constexpr std::int64_t kBytesPerSecond = std::int64_t{8} << 20;
  static constexpr std::int64_t kBurstBytes = std::int64_t{32} << 20;
  static constexpr std::size_t kLinesKept = 20;
  static constexpr std::size_t kKeptLineBytesMax = 500;

  using Log = std::function<void(const LogLine&)>;

  Output(int fd, std::string function, const Clock& clock, const Log& log);

  // From now on lines belong to this invocation. What was written before does not.
  void Begin(std::string_view request_id, bool keep_tail);
  // Reads what has been written; returns the end of what belonged to the invocation, if it was to be kept.
  // `report`: lines of ours that end it.
  std::string End(const std::vector<std::string>& report);
  // A line of ours within the invocation.
  void Note(std::string_view line);
  // Reads what is there, but not for ever. False at the end of the output.
  bool Read();
  // What was written last, of at most kLinesKept lines.
  std::string LastLines();

 private:
  bool ReadSome(std::size_t bytes_max);
  void Take(std::string_view bytes);
  void TakeLine(std::string_view line);
  bool Admit(std::size_t bytes);
  void Emit(std::string_view line, bool platform);
  void SayDropped();

  const int fd_;
  const std::string function_;
  const Clock& clock_;
  const Log& log_;

  std::mutex mutex_;
  // Everything below is guarded by mutex_.
  std::string request_id_;
  bool keep_tail_ = false;
  std::string tail_;
  std::string partial_;  // a line whose end has not come
  std::deque<std::string> last_lines_;
  std::int64_t allowance_ = kBurstBytes;  // bytes
  MonoTime refilled_;
  std::uint64_t dropped_bytes_ = 0;
};

}  // namespace millrace::functions
