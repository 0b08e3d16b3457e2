#include "flow/bus_event.h"

#include "base/bytes.h"

namespace millrace::flow {
namespace {

constexpr std::uint8_t kVersion = 2;  // 1 had no flags
constexpr std::uint8_t kForwarded = 1;

}  // namespace

std::string BusEvent::Encode() const {
  std::string out;
  out.reserve(envelope.size() + order_key.size() + id.size() + 16 + 4 * matched_rules.size());
  out.push_back(static_cast<char>(kVersion));
  out.push_back(static_cast<char>(forwarded ? kForwarded : 0));
  PutBytes(out, id);
  PutBytes(out, order_key);
  PutVarint(out, matched_rules.size());
  for (const std::uint32_t rule : matched_rules) PutVarint(out, rule);
  PutBytes(out, envelope);
  return out;
}

Result<BusEvent> BusEvent::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  const std::uint8_t version = reader.Byte();
  BusEvent event;
  const std::uint8_t flags = version == 1 ? 0 : reader.Byte();
  event.forwarded = (flags & kForwarded) != 0;
  event.id = reader.Bytes();
  event.order_key = reader.Bytes();
  const std::uint64_t rules = reader.Varint();
  for (std::uint64_t i = 0; reader.ok() && i < rules; ++i)
    event.matched_rules.push_back(static_cast<std::uint32_t>(reader.Varint()));
  event.envelope = reader.Bytes();
  if (!reader.ok() || !reader.empty() || version < 1 || version > kVersion || flags > kForwarded)
    return Err(ErrorCode::kCorruption, {}, "a stored bus event is damaged or of a newer release");
  return event;
}

}  // namespace millrace::flow
