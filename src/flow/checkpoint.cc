#include "flow/checkpoint.h"

#include "base/bytes.h"

namespace millrace::flow {
namespace {

constexpr std::uint8_t kVersion = 2;  // 1 had nothing beyond the position
constexpr std::uint64_t kBeyondMax = 1 << 20;

}  // namespace

std::string SubscriptionId::StateKey(std::string_view kind) const {
  std::string key(kind);
  for (const std::string* part : {&account, &region, &name, &source}) PutBytes(key, *part);
  return key;
}

std::string Checkpoint::Encode() const {
  std::string out;
  out.push_back(static_cast<char>(kVersion));
  PutBigEndian(out, epoch);
  PutBytes(out, position.Encode());
  PutVarint(out, beyond.size());
  for (const Place& place : beyond) {
    PutBytes(out, place.shard);
    PutBytes(out, place.offset);
  }
  return out;
}

Result<Checkpoint> Checkpoint::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  const std::uint8_t version = reader.Byte();
  if (reader.ok() && version > kVersion)
    return Err(ErrorCode::kUnimplemented, {}, "a checkpoint of format {} was written by a newer release", version);
  Checkpoint checkpoint;
  checkpoint.epoch = reader.BigEndian<std::uint64_t>();
  const std::string_view position = reader.Bytes();
  const std::uint64_t count = version == 1 ? 0 : reader.Varint();
  for (std::uint64_t i = 0; reader.ok() && i < count && i < kBeyondMax; ++i) {
    std::string shard(reader.Bytes());
    checkpoint.beyond.push_back({std::move(shard), std::string(reader.Bytes())});
  }
  if (!reader.ok() || !reader.empty() || version < 1 || version > kVersion)
    return Err(ErrorCode::kCorruption, {}, "a stored checkpoint is damaged");
  ASSIGN_OR_RETURN(checkpoint.position, Position::Decode(position));
  return checkpoint;
}

}  // namespace millrace::flow
