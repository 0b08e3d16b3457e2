// StateRow is a row of the state space: checkpoints, parked records, receive counts. The caller owns key and format.
//
// Threads: plain value.
#pragma once

#include <optional>
#include <string>

namespace millrace::engine {

struct StateRow {
  std::string key;
  std::optional<std::string> value;  // nullopt: delete
};

}  // namespace millrace::engine
