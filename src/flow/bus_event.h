// BusEvent is an event as a bus's log keeps it: the envelope that targets get, its order key, and the rules that
// matched it when it was appended. A bus matches once; delivery consumes the result.
//
// Threads: plain value.
// Format:  docs/design/positions.md, "Bus events"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace millrace::flow {

struct BusEvent {
  std::string id;                            // of the envelope
  std::string order_key;                     // of the record it was made from
  std::vector<std::uint32_t> matched_rules;  // ascending
  bool forwarded = false;                    // from another bus
  std::string envelope;                      // JSON

  std::string Encode() const;
  static Result<BusEvent> Decode(std::string_view bytes);
};

}  // namespace millrace::flow
