#include "http/address_policy.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/check.h"

namespace millrace::http {
namespace {

struct Network {
  std::array<std::uint8_t, 16> prefix;  // an IPv4 prefix in the first four
  unsigned bits;
  AddressPolicy refused_from;
  std::string_view what;
};

constexpr AddressPolicy kGuard = AddressPolicy::kNoLinkLocal;
constexpr AddressPolicy kPublic = AddressPolicy::kPublic;

constexpr Network kIpv4[] = {
    {{169, 254}, 16, kGuard, "a link-local address"},
    {{100, 100, 100, 200}, 32, kGuard, "a cloud's metadata service"},
    {{0}, 8, kGuard, "an unspecified address"},
    {{255, 255, 255, 255}, 32, kGuard, "the broadcast address"},
    {{224}, 4, kGuard, "a multicast address"},
    {{127}, 8, kPublic, "a loopback address"},
    {{10}, 8, kPublic, "a private address"},
    {{172, 16}, 12, kPublic, "a private address"},
    {{192, 168}, 16, kPublic, "a private address"},
    {{100, 64}, 10, kPublic, "a carrier-grade NAT address"},
    {{192, 0, 0}, 24, kPublic, "a reserved address"},
    {{192, 0, 2}, 24, kPublic, "a documentation address"},
    {{198, 51, 100}, 24, kPublic, "a documentation address"},
    {{203, 0, 113}, 24, kPublic, "a documentation address"},
    {{198, 18}, 15, kPublic, "a benchmarking address"},
    {{240}, 4, kPublic, "a reserved address"},
};

constexpr Network kIpv6[] = {
    {{0xfe, 0x80}, 10, kGuard, "a link-local address"},
    {{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128, kGuard, "a cloud's metadata service"},
    {{0}, 128, kGuard, "an unspecified address"},
    {{0xff}, 8, kGuard, "a multicast address"},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, kPublic, "a loopback address"},
    {{0xfc}, 7, kPublic, "a private address"},
    {{0xfe, 0xc0}, 10, kPublic, "a site-local address"},
    {{0x01, 0x00}, 64, kPublic, "a discard address"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, kPublic, "a documentation address"},
    {{0x20, 0x01, 0x00, 0x00}, 23, kPublic, "a protocol's own address"},
};

bool IsWithin(std::span<const std::uint8_t> address, const Network& network) {
  const std::size_t bytes = network.bits / 8;
  if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(bytes), network.prefix.begin()))
    return false;
  const unsigned rest = network.bits % 8;
  return rest == 0 || (address[bytes] ^ network.prefix[bytes]) >> (8 - rest) == 0;
}

bool StartsWith(std::span<const std::uint8_t> address, std::initializer_list<std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.begin());
}

// The IPv4 address that an IPv6 address stands for.
std::optional<std::span<const std::uint8_t>> Embedded(std::span<const std::uint8_t> address) {
  if (StartsWith(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return address.subspan(12);     // mapped
  if (StartsWith(address, {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0})) return address.subspan(12);     // translated
  if (StartsWith(address, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return address.subspan(12);  // NAT64
  if (StartsWith(address, {0, 0x64, 0xff, 0x9b, 0, 1})) return address.subspan(12);                    // local NAT64
  if (StartsWith(address, {0x20, 0x02})) return address.subspan(2, 4);                                 // 6to4
  if (StartsWith(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) && (address[12] != 0 || address[13] != 0))
    return address.subspan(12);  // compatible, but not :: and ::1
  return std::nullopt;
}

std::string_view Search(AddressPolicy policy, std::span<const std::uint8_t> address,
                        std::span<const Network> networks) {
  for (const Network& network : networks)
    if (policy >= network.refused_from && IsWithin(address, network)) return network.what;
  return {};
}

}  // namespace

std::string_view AddressPolicyName(AddressPolicy policy) {
  switch (policy) {
    case AddressPolicy::kAny:
      return "any";
    case AddressPolicy::kNoLinkLocal:
      return "no-link-local";
    case AddressPolicy::kPublic:
      return "public";
  }
  CHECK(false, "a policy without a name");
}

std::string_view WhyRefused(AddressPolicy policy, std::span<const std::uint8_t> address) {
  CHECK(address.size() == 4 || address.size() == 16);
  if (policy == AddressPolicy::kAny) return {};
  if (address.size() == 4) return Search(policy, address, kIpv4);
  if (const auto embedded = Embedded(address)) return Search(policy, *embedded, kIpv4);
  return Search(policy, address, kIpv6);
}

}  // namespace millrace::http
