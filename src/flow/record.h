// Record is what travels from a log through a subscription to a target.
//
// Threads: plain value; the change is shared and immutable.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/change.h"

namespace millrace::flow {

// What a pipe or a rule says of one record besides its body. Targets use what they know of.
struct RecordParameters {
  using Texts = std::vector<std::pair<std::string, std::string>>;

  std::optional<std::string> group;             // of a message in a FIFO queue
  std::optional<std::string> deduplication_id;  // the same
  // Of a request.
  Texts headers;
  Texts query;
  std::vector<std::string> path;  // for the "*" in the URL's path, in their order
};

struct Record {
  // Where it stands: a reader that stores this offset for this shard goes on behind it.
  std::string shard;
  std::string offset;

  // The same on every delivery of this record, unique in its log: what a target deduplicates by.
  std::string id;
  // Records with equal keys are delivered in the order of the log.
  std::string order_key;
  std::int64_t time_ms = 0;  // wall time when it was appended

  // The record as JSON text: a stream record, an event's envelope. A transform replaces it.
  std::string body;
  std::shared_ptr<const RecordParameters> parameters = nullptr;  // of a transform; null: none
  // Table streams: the change behind the body, so that formats need not parse it back.
  std::shared_ptr<const model::Change> change;
  // Buses: the rules that matched when the event was appended, ascending (see logs/bus).
  std::vector<std::uint32_t> matched_rules;
  // Buses: it came from another bus. Such an event is not forwarded again, so that buses in a circle come to rest.
  bool forwarded = false;
  // Queues: how often it was received, this time included.
  std::uint32_t receives = 0;

  std::size_t SizeBytes() const {
    return sizeof(Record) + shard.size() + offset.size() + id.size() + order_key.size() + body.size();
  }
};

}  // namespace millrace::flow
