// IpAddress is an IPv4 or IPv6 address literal; IpRange a run of addresses of one family.
//
// Threads:   plain values.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace millrace::pattern {

struct IpAddress {
  enum class Family : std::uint8_t { kV4, kV6 };
  Family family = Family::kV4;
  std::array<std::uint8_t, 16> bytes{};  // an IPv4 address has four, then zeros

  // Digits with dots (leading zeros allowed) or hexadecimal groups with colons; nothing else: no names, no zones, no
  // dots in IPv6. An IPv4 address mapped into IPv6 is the IPv4 address.
  static std::optional<IpAddress> Parse(std::string_view text);
  auto operator<=>(const IpAddress&) const = default;
};

struct IpRange {
  IpAddress first;
  IpAddress last;

  static IpRange Only(const IpAddress& address) { return {address, address}; }
  // "10.0.0.0/24". Bits beyond the mask are ignored. Errors have event-ruler's words.
  static Result<IpRange> ParseCidr(std::string_view text);
  // The addresses of the other family that EventBridge takes for members of this range too, because it compares
  // addresses as hexadecimal digits and decides as soon as the digits so far are between those of the ends: all that
  // begin like a member of an IPv4 range, and IPv4 addresses strictly between the beginnings of an IPv6 range's ends.
  std::optional<IpRange> AliasInAws() const;
  // Families are never mixed.
  bool Contains(const IpAddress& address) const { return first <= address && address <= last; }
};

}  // namespace millrace::pattern
