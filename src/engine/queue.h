// Queue is what the catalogue knows of a queue: its name, its settings, and the live part that holds its messages.
//
// Imitates Amazon SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
//
// Threads: immutable once published; the live part is thread-safe.
// Format:  docs/design/storage.md
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/strong.h"

namespace millrace::engine {

// Counts with the ids of logs: the messages of a queue lie among the records of logs.
using QueueId = Strong<struct QueueIdTag, std::uint32_t>;

// One account in one region, numbered so that keys stay short.
using ScopeId = Strong<struct ScopeIdTag, std::uint32_t>;

class LiveQueue;

namespace queue_limits {
// Received and not yet deleted. At the limit a standard queue refuses to give out more, a FIFO queue gives nothing.
inline constexpr std::size_t kInFlightMax = 120'000;
// How far into a FIFO queue a message of a free group is looked for.
inline constexpr std::size_t kGroupWindow = 120'000;
inline constexpr std::size_t kReceiveMax = 1000;
inline constexpr std::size_t kMessageBytesMax = 1 << 20;
inline constexpr std::chrono::seconds kVisibilityMax = std::chrono::hours(12);
inline constexpr std::chrono::seconds kDelayMax = std::chrono::minutes(15);
inline constexpr std::chrono::seconds kRetentionMin = std::chrono::seconds(60);
inline constexpr std::chrono::seconds kRetentionMax = std::chrono::hours(14 * 24);
inline constexpr std::chrono::milliseconds kDeduplicationTime = std::chrono::minutes(5);
}  // namespace queue_limits

// Where a deduplication id must be unique for five minutes.
enum class DeduplicationScope : std::uint8_t { kQueue = 1, kMessageGroup = 2 };  // on disk: never renumber

// After so many receives a message is moved instead of received once more.
struct RedrivePolicy {
  std::string dead_letter_arn;
  std::uint32_t max_receives = 0;  // at least 1
  bool operator==(const RedrivePolicy&) const = default;
};

struct QueueSettings {
  bool fifo = false;  // never changes
  // FIFO: who sends without a deduplication id means the SHA-256 of the body. Whoever calls Send applies it.
  bool content_deduplication = false;
  DeduplicationScope deduplication_scope = DeduplicationScope::kQueue;
  std::chrono::milliseconds visibility = std::chrono::seconds(30);
  std::chrono::milliseconds delay{0};
  std::chrono::milliseconds retention = std::chrono::hours(4 * 24);
  std::size_t message_bytes_max = queue_limits::kMessageBytesMax;
  std::chrono::milliseconds receive_wait{0};
  std::optional<RedrivePolicy> redrive;
  // What is stored and told back as it was given: KmsMasterKeyId, Policy, RedriveAllowPolicy…
  std::map<std::string, std::string> echoed;
  std::map<std::string, std::string> tags;
  bool operator==(const QueueSettings&) const = default;
};

struct Queue {
  QueueId id;
  ScopeId scope;
  std::string account;
  std::string region;
  std::string name;
  std::string arn;
  QueueSettings settings;
  std::int64_t created_ms = 0;
  std::int64_t modified_ms = 0;
  std::shared_ptr<LiveQueue> live;  // the engine's
};

}  // namespace millrace::engine
