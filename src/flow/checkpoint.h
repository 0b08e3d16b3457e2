// CheckpointStore keeps the small durable rows of subscriptions: how far each has come.
//
// A checkpoint is never ahead of the target: it covers only records that were delivered or stored. It may be behind, by
// what was delivered since it was last saved.
//
// Threads:   thread-safe; `done` may run on any thread.
// Format:    docs/design/positions.md
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

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

  std::string StateKey() const;  // the checkpoint's row
};

struct Checkpoint {
  Position position;        // the watermark: everything up to it is done
  std::uint64_t epoch = 0;  // of the owner that wrote it; a lower one may not overwrite it

  std::string Encode() const;
  static Result<Checkpoint> Decode(std::string_view bytes);
};

class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;
  virtual Result<std::optional<std::string>> Load(std::string_view key) = 0;
  virtual void Save(std::string key, std::string value, std::function<void(Status)> done) = 0;
};

}  // namespace millrace::flow
