#include "pattern/service_limits.h"

#include <algorithm>

namespace millrace::pattern {

Status ServiceLimits::CheckPattern(std::string_view json_text) const {
  const auto characters = static_cast<std::size_t>(std::count_if(
      json_text.begin(), json_text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
  if (characters <= pattern_characters_max) return Ok();
  return Err(ErrorCode::kResourceExhausted, {}, "the pattern has {} characters as JSON; at most {} are allowed",
             characters, pattern_characters_max);
}

Status ServiceLimits::CheckBus(const BusUse& use) const {
  if (use.rules > rules_per_bus_max) {
    return Err(ErrorCode::kResourceExhausted, {}, "the bus has {} rules; at most {} are allowed", use.rules,
               rules_per_bus_max);
  }
  if (use.wildcard_rules > wildcard_rules_per_bus_max) {
    return Err(ErrorCode::kResourceExhausted, {}, "the bus has {} rules with wildcards; at most {} are allowed",
               use.wildcard_rules, wildcard_rules_per_bus_max);
  }
  return Ok();
}

}  // namespace millrace::pattern
