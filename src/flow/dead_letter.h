// DeadLetter is a record that a subscription gave up, with all that is needed to see why and to deliver it after all.
//
// If it holds its order key, the records behind it wait until it was redriven or dropped, so that order is kept
// whatever happens. Otherwise they have gone on.
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

enum class DeadReason : std::uint8_t {  // on disk: never renumber
  kRejected = 1,                        // the target, a transform or a check will never take it
  kRetriesExhausted = 2,
  kAgeExceeded = 3,
};
// The words of AWS's failure documents: "RetryAttemptsExhausted", "RecordAgeExceeded"; and "Rejected".
// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-errors.html
std::string_view DeadReasonName(DeadReason reason);

struct DeadLetter {
  std::uint64_t number = 0;  // within its subscription, counting up: the order in which they are redriven
  Record record;             // as its log gave it; all but `change` and `matched_rules`
  std::int64_t dead_ms = 0;  // wall time when it was given up
  std::uint32_t attempts = 0;
  DeadReason reason = DeadReason::kRejected;
  bool holds_key = false;
  std::string cause;  // the last error, in words

  std::string EncodeValue() const;
  static Result<DeadLetter> Decode(std::string_view prefix, std::string_view key, std::string_view value);
};

// With this begin the keys of all dead letters of a subscription.
std::string DeadLetterPrefix(const SubscriptionId& subscription);
std::string DeadLetterKey(std::string_view prefix, std::uint64_t number);

}  // namespace millrace::flow
