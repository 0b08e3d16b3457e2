#include "engine/queue_message.h"

#include "base/bytes.h"
#include "engine/queues.h"
#include "model/base64.h"

namespace millrace::engine {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kMessageKind = 4;  // among the kinds of log records

// Which of the optional parts follow.
constexpr std::uint8_t kHasSentTime = 1;
constexpr std::uint8_t kHasDelay = 2;
constexpr std::uint8_t kHasGroup = 4;
constexpr std::uint8_t kHasDeduplicationId = 8;
constexpr std::uint8_t kHasSource = 16;
constexpr std::uint8_t kHasSender = 32;
constexpr std::uint8_t kHasAttributes = 64;

constexpr std::size_t kTimeOffset = 3;
constexpr std::size_t kReceiptBytes = 21;

Error Damaged(std::string_view what) {
  return Err(ErrorCode::kCorruption, {}, "{} of a queue is damaged", what);
}
std::uint64_t Unsigned(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}
std::int64_t Time(ByteReader& reader) {
  return static_cast<std::int64_t>(reader.BigEndian<std::uint64_t>());
}

}  // namespace

std::string EncodeMessage(const StoredMessage& message) {
  std::uint8_t flags = 0;
  const auto part = [&flags](bool there, std::uint8_t flag) { flags |= there ? flag : std::uint8_t{0}; };
  part(message.sent_ms != 0, kHasSentTime);
  part(message.delay_ms != 0, kHasDelay);
  part(!message.group.empty(), kHasGroup);
  part(!message.deduplication_id.empty(), kHasDeduplicationId);
  part(!message.dead_letter_source.empty(), kHasSource);
  part(!message.sender.empty(), kHasSender);
  part(!message.attributes.empty(), kHasAttributes);

  std::string out;
  out.reserve(64 + message.id.size() + message.group.size() + message.deduplication_id.size() +
              message.dead_letter_source.size() + message.sender.size() + message.attributes.size() +
              message.body.size());
  out.push_back(static_cast<char>(kVersion));
  out.push_back(static_cast<char>(kMessageKind));
  out.push_back(static_cast<char>(flags));
  PutBigEndian(out, Unsigned(message.time_ms));
  PutBytes(out, message.id);
  if (flags & kHasSentTime) PutBigEndian(out, Unsigned(message.sent_ms));
  if (flags & kHasDelay) PutVarint(out, Unsigned(message.delay_ms));
  if (flags & kHasGroup) PutBytes(out, message.group);
  if (flags & kHasDeduplicationId) PutBytes(out, message.deduplication_id);
  if (flags & kHasSource) PutBytes(out, message.dead_letter_source);
  if (flags & kHasSender) PutBytes(out, message.sender);
  if (flags & kHasAttributes) PutBytes(out, message.attributes);
  out.append(message.body);
  return out;
}

void StampMessage(std::string& encoded, std::int64_t time_ms) {
  std::string time;
  PutBigEndian(time, Unsigned(time_ms));
  encoded.replace(kTimeOffset, time.size(), time);
}

Result<StoredMessage> DecodeMessage(std::string_view encoded) {
  ByteReader reader(encoded);
  if (reader.Byte() != kVersion || reader.Byte() != kMessageKind) return Damaged("a message");
  const std::uint8_t flags = reader.Byte();
  StoredMessage message;
  message.time_ms = Time(reader);
  message.id = reader.Bytes();
  message.sent_ms = flags & kHasSentTime ? Time(reader) : message.time_ms;
  if (flags & kHasDelay) message.delay_ms = static_cast<std::int64_t>(reader.Varint());
  if (flags & kHasGroup) message.group = reader.Bytes();
  if (flags & kHasDeduplicationId) message.deduplication_id = reader.Bytes();
  if (flags & kHasSource) message.dead_letter_source = reader.Bytes();
  if (flags & kHasSender) message.sender = reader.Bytes();
  if (flags & kHasAttributes) message.attributes = reader.Bytes();
  message.body = reader.rest();
  if (!reader.ok()) return Damaged("a message");
  return message;
}

std::string EncodeLease(const Lease& lease) {
  std::string out;
  out.push_back(static_cast<char>(kVersion));
  PutBigEndian(out, Unsigned(lease.visible_ms));
  PutBigEndian(out, Unsigned(lease.first_ms));
  PutBigEndian(out, lease.nonce);
  PutVarint(out, lease.receives);
  return out;
}

Result<Lease> DecodeLease(std::string_view encoded) {
  ByteReader reader(encoded);
  const bool known = reader.Byte() == kVersion;
  Lease lease;
  lease.visible_ms = Time(reader);
  lease.first_ms = Time(reader);
  lease.nonce = reader.BigEndian<std::uint64_t>();
  lease.receives = static_cast<std::uint32_t>(reader.Varint());
  if (!known || !reader.ok() || !reader.empty()) return Damaged("a lease");
  return lease;
}

std::string EncodeReceipt(const Receipt& receipt) {
  std::string bytes;
  bytes.push_back(static_cast<char>(kVersion));
  PutBigEndian(bytes, receipt.queue.value());
  PutBigEndian(bytes, receipt.sequence.value());
  PutBigEndian(bytes, receipt.nonce);
  return model::Base64Encode(bytes);
}

std::optional<Receipt> DecodeReceipt(std::string_view text) {
  const auto bytes = model::Base64Decode(text);
  if (!bytes || bytes->size() != kReceiptBytes) return std::nullopt;
  ByteReader reader(*bytes);
  if (reader.Byte() != kVersion) return std::nullopt;
  Receipt receipt;
  receipt.queue = QueueId(reader.BigEndian<std::uint32_t>());
  receipt.sequence = SequenceNumber(reader.BigEndian<std::uint64_t>());
  receipt.nonce = reader.BigEndian<std::uint64_t>();
  return receipt;
}

std::string EncodeRemembered(const Remembered& remembered) {
  std::string out;
  out.push_back(static_cast<char>(kVersion));
  PutBigEndian(out, Unsigned(remembered.time_ms));
  PutBigEndian(out, remembered.sequence.value());
  out.append(remembered.id);
  return out;
}

Result<Remembered> DecodeRemembered(std::string_view encoded) {
  ByteReader reader(encoded);
  const bool known = reader.Byte() == kVersion;
  Remembered remembered;
  remembered.time_ms = Time(reader);
  remembered.sequence = SequenceNumber(reader.BigEndian<std::uint64_t>());
  remembered.id = reader.rest();
  if (!known || !reader.ok()) return Damaged("a deduplication id");
  return remembered;
}

std::string EncodeCounts(const StoredCounts& counts) {
  std::string out;
  out.push_back(static_cast<char>(kVersion));
  PutBigEndian(out, counts.messages);
  PutBigEndian(out, counts.front.value());
  return out;
}

Result<StoredCounts> DecodeCounts(std::string_view encoded) {
  ByteReader reader(encoded);
  const bool known = reader.Byte() == kVersion;
  StoredCounts counts;
  counts.messages = reader.BigEndian<std::uint64_t>();
  counts.front = SequenceNumber(reader.BigEndian<std::uint64_t>());
  if (!known || !reader.ok()) return Damaged("the row of counts");
  return counts;
}

std::string FormatMessageSequence(SequenceNumber sequence) {
  return fmt::format("1{:019}", sequence.value());
}

}  // namespace millrace::engine
