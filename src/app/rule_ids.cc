#include "app/rule_ids.h"

#include "app/state_rows.h"
#include "base/bytes.h"

namespace millrace::app {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kNextKey = "fn";

std::string EncodeId(std::uint32_t id) {
  std::string bytes(1, static_cast<char>(kVersion));
  PutBigEndian(bytes, id);
  return bytes;
}

Result<std::uint32_t> DecodeId(std::string_view bytes) {
  ByteReader reader(bytes);
  const std::uint8_t version = reader.Byte();
  const auto id = reader.BigEndian<std::uint32_t>();
  if (!reader.ok() || version != kVersion)
    return Err(ErrorCode::kCorruption, {}, "a rule's number is damaged or of a newer release");
  return id;
}

std::string KeyOf(std::string_view bus_arn, std::string_view rule_name) {
  std::string key = "fr";
  PutBytes(key, bus_arn);
  PutBytes(key, rule_name);
  return key;
}

}  // namespace

Result<std::uint32_t> RuleIdOf(engine::Engine& engine, std::string_view bus_arn, std::string_view rule_name) {
  const std::string key = KeyOf(bus_arn, rule_name);
  ASSIGN_OR_RETURN(const auto known, engine.ReadState(key));
  if (known) return DecodeId(*known);
  ASSIGN_OR_RETURN(const auto next, engine.ReadState(kNextKey));
  std::uint32_t id = 1;
  if (next) {
    ASSIGN_OR_RETURN(id, DecodeId(*next));
  }
  StateRows state(engine);
  TRY(flow::WriteAndWait(state, {{key, EncodeId(id)}, {std::string(kNextKey), EncodeId(id + 1)}}));
  return id;
}

Status ForgetRuleId(engine::Engine& engine, std::string_view bus_arn, std::string_view rule_name) {
  StateRows state(engine);
  return flow::WriteAndWait(state, {{KeyOf(bus_arn, rule_name), std::nullopt}});
}

}  // namespace millrace::app
