// Checkpoint is how far a subscription has come, as it is stored.
//
// It is never ahead of the target: it covers only records that were delivered, parked or put among the dead letters. It
// may be behind, by what was delivered since it was last saved.
//
// Threads:   plain values.
// Format:    docs/design/positions.md
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "flow/position.h"

namespace millrace::flow {

// The identity of a subscription, independent of how it is configured: changing a filter or a format keeps it, changing
// the source makes another one.
struct SubscriptionId {
  std::string account;
  std::string region;
  std::string name;    // "pipe/user-changes", "rule/phone-changed/endpoint"
  std::string source;  // the log's durable name: a stream's or bus's ARN

  // The key of a row of one kind: "fc" checkpoint, "fs" settings, "fp" parked record, "fd" dead letter.
  std::string StateKey(std::string_view kind) const;
};

struct Checkpoint {
  Position position;  // the watermark: everything up to it is done
  // What is done beyond it, while something before it is under way: it need not be delivered again.
  struct Place {
    std::string shard;
    std::string offset;
  };
  std::vector<Place> beyond = {};
  std::uint64_t epoch = 0;  // of the owner that wrote it; a lower one may not overwrite it

  std::string Encode() const;
  static Result<Checkpoint> Decode(std::string_view bytes);
};

}  // namespace millrace::flow
