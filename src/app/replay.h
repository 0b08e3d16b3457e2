// Replay is one run of archived events through a bus once more, as it is stored: so that it goes on after a restart,
// and its name is never used again.
//
// Threads:   plain value.
// Failure:   Decode: Corruption, or Unimplemented for a version that is newer than this program.
// Format:    docs/design/positions.md, "Replays"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "flow/position.h"

namespace millrace::app {

struct Replay {
  enum class State : std::uint8_t { kRunning = 0, kFinished = 1, kCancelled = 2 };  // on disk: never renumber

  std::string name;
  std::string bus;
  std::string archive = {};             // of the bus; named as the bus: the one that it was declared with
  std::int64_t from_ms = 0;             // the archive's time, inclusive
  std::int64_t to_ms = 0;               // exclusive
  std::vector<std::string> rules = {};  // none: all
  flow::Position end = {};              // in the archive
  State state = State::kRunning;
  std::int64_t started_ms = 0;  // 0: a release that did not note it
  std::int64_t ended_ms = 0;

  static constexpr std::string_view kPrefix = "fy";
  std::string Key() const { return std::string(kPrefix) + name; }
  std::string Encode() const;
  static Result<Replay> Decode(std::string_view key, std::string_view bytes);
};

}  // namespace millrace::app
