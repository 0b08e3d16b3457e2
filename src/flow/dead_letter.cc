#include "flow/dead_letter.h"

#include "base/bytes.h"

namespace millrace::flow {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

std::string_view DeadReasonName(DeadReason reason) {
  switch (reason) {
    case DeadReason::kRejected:
      return "Rejected";
    case DeadReason::kRetriesExhausted:
      return "RetryAttemptsExhausted";
    case DeadReason::kAgeExceeded:
      return "RecordAgeExceeded";
  }
  return "Unknown";
}

std::string DeadLetterPrefix(const SubscriptionId& subscription) {
  return subscription.StateKey("fd");
}

std::string DeadLetterKey(std::string_view prefix, std::uint64_t number) {
  std::string key(prefix);
  PutBigEndian(key, number);
  return key;
}

std::string DeadLetter::EncodeValue() const {
  std::string out;
  out.push_back(static_cast<char>(kVersion));
  out.push_back(static_cast<char>(reason));
  out.push_back(holds_key ? 1 : 0);
  PutBytes(out, record.order_key);
  PutBytes(out, record.shard);
  PutBytes(out, record.offset);
  PutBytes(out, record.id);
  PutBigEndian(out, static_cast<std::uint64_t>(record.time_ms));
  PutBigEndian(out, static_cast<std::uint64_t>(dead_ms));
  PutVarint(out, attempts);
  PutBytes(out, cause);
  PutBytes(out, record.body);
  return out;
}

Result<DeadLetter> DeadLetter::Decode(std::string_view prefix, std::string_view key, std::string_view value) {
  ByteReader reader(value);
  const std::uint8_t version = reader.Byte();
  if (reader.ok() && version > kVersion)
    return Err(ErrorCode::kUnimplemented, {}, "a dead letter of format {} was written by a newer release", version);
  DeadLetter letter;
  const std::uint8_t reason = reader.Byte();
  const std::uint8_t holds = reader.Byte();
  letter.reason = static_cast<DeadReason>(reason);
  letter.holds_key = holds == 1;
  letter.record.order_key = reader.Bytes();
  letter.record.shard = reader.Bytes();
  letter.record.offset = reader.Bytes();
  letter.record.id = reader.Bytes();
  letter.record.time_ms = static_cast<std::int64_t>(reader.BigEndian<std::uint64_t>());
  letter.dead_ms = static_cast<std::int64_t>(reader.BigEndian<std::uint64_t>());
  letter.attempts = static_cast<std::uint32_t>(reader.Varint());
  letter.cause = reader.Bytes();
  letter.record.body = reader.Bytes();
  ByteReader place(key.starts_with(prefix) ? key.substr(prefix.size()) : std::string_view());
  letter.number = place.BigEndian<std::uint64_t>();
  if (version != kVersion || !reader.ok() || !reader.empty() || !place.ok() || !place.empty() || holds > 1 ||
      reason < 1 || reason > 3)
    return Err(ErrorCode::kCorruption, {}, "a dead letter is damaged");
  return letter;
}

}  // namespace millrace::flow
