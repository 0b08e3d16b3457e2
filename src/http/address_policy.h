// AddressPolicy says which addresses a client may connect to, so that whoever chooses a URL (or owns the name in it)
// cannot reach the machine's metadata service, or the network behind it.
//
// It is asked for every address that a name resolves to, immediately before that address is connected to: a name that
// resolves differently the second time passes no more than it did the first.
//
// Threads: functions without state.
// Format:  https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace millrace::http {

enum class AddressPolicy : std::uint8_t {
  kAny,
  // Refuses link-local addresses (169.254.0.0/16 with the metadata services of clouds, fe80::/10), the metadata
  // services at fd00:ec2::254 and 100.100.100.200, multicast, broadcast and unspecified addresses.
  kNoLinkLocal,
  // Refuses also loopback, private, carrier-grade NAT and every other address that is not of the public internet.
  kPublic,
};

// "any", "no-link-local", "public".
std::string_view AddressPolicyName(AddressPolicy policy);

// Why an address must not be connected to: "a link-local address". Empty if it may be.
// `address`: 4 or 16 bytes in network order. An IPv4 address inside an IPv6 one (mapped, compatible, NAT64, 6to4) is
// judged as what it is. REQUIRES: that size.
std::string_view WhyRefused(AddressPolicy policy, std::span<const std::uint8_t> address);

}  // namespace millrace::http
