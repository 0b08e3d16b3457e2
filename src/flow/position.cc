#include "flow/position.h"

#include "base/bytes.h"

namespace millrace::flow {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint64_t kEntriesMax = 1 << 20;

}  // namespace

const std::string* Position::Find(std::string_view shard) const {
  const auto found = entries_.find(shard);
  return found == entries_.end() ? nullptr : &found->second;
}

void Position::Set(std::string_view shard, std::string offset) {
  if (const auto found = entries_.find(shard); found != entries_.end()) {
    found->second = std::move(offset);
  } else {
    entries_.emplace(shard, std::move(offset));
  }
}

void Position::Erase(std::string_view shard) {
  if (const auto found = entries_.find(shard); found != entries_.end()) entries_.erase(found);
}

bool OffsetLess(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

bool Position::Covers(std::string_view shard, std::string_view offset) const {
  const std::string* read = Find(shard);
  return read != nullptr && !OffsetLess(*read, offset);
}

bool Position::AtOrPast(const Position& other) const {
  for (const auto& [shard, offset] : other.entries_)
    if (!Covers(shard, offset)) return false;
  return true;
}

std::string Position::Encode() const {
  std::string out;
  out.push_back(static_cast<char>(kVersion));
  PutVarint(out, entries_.size());
  for (const auto& [shard, offset] : entries_) {
    PutBytes(out, shard);
    PutBytes(out, offset);
  }
  return out;
}

Result<Position> Position::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  const std::uint8_t version = reader.Byte();
  if (reader.ok() && version > kVersion)
    return Err(ErrorCode::kUnimplemented, {}, "a position of format {} was written by a newer release", version);
  const std::uint64_t count = reader.Varint();
  Position position;
  for (std::uint64_t i = 0; reader.ok() && i < count && i < kEntriesMax; ++i) {
    const std::string_view shard = reader.Bytes();
    const std::string_view offset = reader.Bytes();
    if (reader.ok()) position.Set(shard, std::string(offset));
  }
  if (!reader.ok() || !reader.empty() || version != kVersion)
    return Err(ErrorCode::kCorruption, {}, "a stored position is damaged");
  return position;
}

}  // namespace millrace::flow
