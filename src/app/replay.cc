#include "app/replay.h"

#include "base/bytes.h"

namespace millrace::app {
namespace {

constexpr std::uint8_t kVersion = 2;  // 1 had no archive and no times

}  // namespace

std::string Replay::Encode() const {
  std::string out(1, static_cast<char>(kVersion));
  out.push_back(static_cast<char>(state));
  PutBytes(out, bus);
  PutBigEndian(out, static_cast<std::uint64_t>(from_ms));
  PutBigEndian(out, static_cast<std::uint64_t>(to_ms));
  PutVarint(out, rules.size());
  for (const std::string& rule : rules) PutBytes(out, rule);
  PutBytes(out, end.Encode());
  PutBytes(out, archive);
  PutBigEndian(out, static_cast<std::uint64_t>(started_ms));
  PutBigEndian(out, static_cast<std::uint64_t>(ended_ms));
  return out;
}

Result<Replay> Replay::Decode(std::string_view key, std::string_view bytes) {
  ByteReader reader(bytes);
  const std::uint8_t version = reader.Byte();
  if (reader.ok() && version > kVersion)
    return Err(ErrorCode::kUnimplemented, {}, "a replay of format {} was written by a newer release", version);
  Replay replay;
  replay.name = key.substr(kPrefix.size());
  const std::uint8_t state = reader.Byte();
  replay.state = static_cast<State>(state);
  replay.bus = reader.Bytes();
  replay.from_ms = static_cast<std::int64_t>(reader.BigEndian<std::uint64_t>());
  replay.to_ms = static_cast<std::int64_t>(reader.BigEndian<std::uint64_t>());
  const std::uint64_t rules = reader.Varint();
  for (std::uint64_t i = 0; reader.ok() && i < rules; ++i) replay.rules.emplace_back(reader.Bytes());
  const std::string_view end = reader.Bytes();
  replay.archive = version == 1 ? replay.bus : std::string(reader.Bytes());
  if (version != 1) {
    replay.started_ms = static_cast<std::int64_t>(reader.BigEndian<std::uint64_t>());
    replay.ended_ms = static_cast<std::int64_t>(reader.BigEndian<std::uint64_t>());
  }
  if (!reader.ok() || !reader.empty() || version < 1 || state > static_cast<std::uint8_t>(State::kCancelled))
    return Err(ErrorCode::kCorruption, {}, "a stored replay is damaged");
  ASSIGN_OR_RETURN(replay.end, flow::Position::Decode(end));
  return replay;
}

}  // namespace millrace::app
