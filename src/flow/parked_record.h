// ParkedRecord is a record that waits behind a failure of its order key, as it is stored: the record as its log gave
// it, the tries so far and why the last one failed.
//
// The rows belong to a subscription and an order key, never to a shard, so that they stay in order and in place when a
// shard changes hands. `arrival` counts up within a key.
//
// Threads:   plain value.
// Failure:   Decode: Corruption, or Unimplemented for a version that is newer than this program.
// Format:    docs/design/positions.md
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "flow/checkpoint.h"
#include "flow/record.h"

namespace millrace::flow {

struct ParkedRecord {
  Record record;  // all but `change` and `matched_rules`
  std::uint64_t arrival = 0;
  std::uint32_t attempts = 0;
  std::string reason;

  std::string EncodeValue() const;
  // `prefix`: ParkedPrefix of the subscription, with which the key begins.
  static Result<ParkedRecord> Decode(std::string_view prefix, std::string_view key, std::string_view value);
};

// The first arrival of a key that has none: far from zero, so that a redriven record can go in front.
inline constexpr std::uint64_t kFirstArrival = std::uint64_t{1} << 32;

// With this begin the keys of all parked records of a subscription.
std::string ParkedPrefix(const SubscriptionId& subscription);
// With this begin the keys of all parked records of one order key.
std::string ParkedPrefix(std::string_view subscription_prefix, std::string_view order_key);
std::string ParkedKey(std::string_view key_prefix, std::uint64_t arrival);

}  // namespace millrace::flow
