#include "flow/parked_record.h"

#include "base/bytes.h"

namespace millrace::flow {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

std::string ParkedPrefix(const SubscriptionId& subscription) {
  return subscription.StateKey("fp");
}

std::string ParkedPrefix(std::string_view subscription_prefix, std::string_view order_key) {
  std::string key(subscription_prefix);
  PutBytes(key, order_key);
  return key;
}

std::string ParkedKey(std::string_view key_prefix, std::uint64_t arrival) {
  std::string key(key_prefix);
  PutBigEndian(key, arrival);
  return key;
}

std::string ParkedRecord::EncodeValue() const {
  std::string out;
  out.reserve(record.body.size() + reason.size() + record.shard.size() + record.offset.size() + record.id.size() + 32);
  out.push_back(static_cast<char>(kVersion));
  PutBytes(out, record.shard);
  PutBytes(out, record.offset);
  PutBytes(out, record.id);
  PutBigEndian(out, static_cast<std::uint64_t>(record.time_ms));
  PutVarint(out, attempts);
  PutBytes(out, reason);
  PutBytes(out, record.body);
  return out;
}

Result<ParkedRecord> ParkedRecord::Decode(std::string_view prefix, std::string_view key, std::string_view value) {
  ByteReader reader(value);
  const std::uint8_t version = reader.Byte();
  if (reader.ok() && version > kVersion)
    return Err(ErrorCode::kUnimplemented, {}, "a parked record of format {} was written by a newer release", version);
  ParkedRecord parked;
  parked.record.shard = reader.Bytes();
  parked.record.offset = reader.Bytes();
  parked.record.id = reader.Bytes();
  parked.record.time_ms = static_cast<std::int64_t>(reader.BigEndian<std::uint64_t>());
  parked.attempts = static_cast<std::uint32_t>(reader.Varint());
  parked.reason = reader.Bytes();
  parked.record.body = reader.Bytes();
  ByteReader place(key.starts_with(prefix) ? key.substr(prefix.size()) : std::string_view());
  parked.record.order_key = place.Bytes();
  parked.arrival = place.BigEndian<std::uint64_t>();
  if (version != kVersion || !reader.ok() || !reader.empty() || !place.ok() || !place.empty())
    return Err(ErrorCode::kCorruption, {}, "a parked record is damaged");
  return parked;
}

}  // namespace millrace::flow
