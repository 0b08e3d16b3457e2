#include "pattern/ip_address.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace millrace::pattern {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// What event-ruler takes for an address at all; the rest decides between two error texts.
bool LooksLikeV4(std::string_view text) {
  int parts = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    if (at == begin) return false;
    ++parts;
    if (at == text.size()) return parts == 4;
    if (text[at] != '.') return false;
    ++at;
  }
  return false;
}
bool LooksLikeV6(std::string_view text) {
  return text.find(':') != std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return c == ':' || HexDigit(c) >= 0; });
}

std::optional<IpAddress> ParseV4(std::string_view text) {
  constexpr std::size_t kTextMax = 15;
  if (text.size() > kTextMax) return std::nullopt;
  IpAddress address{IpAddress::Family::kV4, {}};
  std::size_t part = 0;
  unsigned value = 0;
  for (const char c : text) {
    if (c == '.') {
      address.bytes[part++] = static_cast<std::uint8_t>(value);
      value = 0;
      continue;
    }
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > 255) return std::nullopt;
  }
  address.bytes[part] = static_cast<std::uint8_t>(value);
  return address;
}

// Reads groups up to the end of `text`, which holds no "::".
bool TakeGroups(std::string_view text, std::array<std::uint16_t, 8>& groups, std::size_t& count) {
  if (text.empty()) return true;
  while (true) {
    unsigned value = 0;
    std::size_t digits = 0;
    while (!text.empty() && text[0] != ':') {
      value = value * 16 + static_cast<unsigned>(HexDigit(text[0]));
      if (value > 0xffff) return false;
      text.remove_prefix(1);
      ++digits;
    }
    if (digits == 0 || count == groups.size()) return false;
    groups[count++] = static_cast<std::uint16_t>(value);
    if (text.empty()) return true;
    text.remove_prefix(1);
  }
}

std::optional<IpAddress> ParseV6(std::string_view text) {
  std::array<std::uint16_t, 8> groups{};
  std::size_t count = 0;
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (!TakeGroups(text, groups, count) || count != groups.size()) return std::nullopt;
  } else {
    std::array<std::uint16_t, 8> after{};
    std::size_t after_count = 0;
    if (!TakeGroups(text.substr(0, gap), groups, count) || !TakeGroups(text.substr(gap + 2), after, after_count) ||
        count + after_count >= groups.size()) {
      return std::nullopt;
    }
    std::copy_n(after.begin(), after_count, groups.end() - static_cast<std::ptrdiff_t>(after_count));
  }
  const bool mapped_v4 =
      std::all_of(groups.begin(), groups.begin() + 5, [](auto g) { return g == 0; }) && groups[5] == 0xffff;
  IpAddress address{mapped_v4 ? IpAddress::Family::kV4 : IpAddress::Family::kV6, {}};
  std::size_t at = 0;
  for (std::size_t i = mapped_v4 ? 6 : 0; i < groups.size(); ++i) {
    address.bytes[at++] = static_cast<std::uint8_t>(groups[i] >> 8);
    address.bytes[at++] = static_cast<std::uint8_t>(groups[i] & 0xff);
  }
  return address;
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  if (LooksLikeV4(text)) return ParseV4(text);
  if (LooksLikeV6(text)) return ParseV6(text);
  return std::nullopt;
}

Result<IpRange> IpRange::ParseCidr(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || text.find('/', slash + 1) != std::string_view::npos) {
    return InvalidArgument("Malformed CIDR, one '/' required");
  }
  const std::string_view ip = text.substr(0, slash);
  std::string_view mask = text.substr(slash + 1);
  if (mask.starts_with('+') && mask.size() > 1 && IsDigit(mask[1])) mask.remove_prefix(1);
  int bits = -1;
  const auto [end, failed] = std::from_chars(mask.data(), mask.data() + mask.size(), bits);
  if (failed != std::errc() || end != mask.data() + mask.size()) {
    return InvalidArgument("Malformed CIDR, mask bits must be an integer");
  }
  if (bits < 0) return InvalidArgument("Malformed CIDR, mask bits must not be negative");
  if (!LooksLikeV4(ip) && !LooksLikeV6(ip)) return InvalidArgument("Nonstandard IP address: {}", ip);
  const std::optional<IpAddress> address = IpAddress::Parse(ip);
  if (!address) return InvalidArgument("Invalid IP address: {}", ip);
  const bool v4 = address->family == IpAddress::Family::kV4;
  if (v4 && bits > 31) return InvalidArgument("IPv4 mask bits must be < 32");
  if (!v4 && bits > 127) return InvalidArgument("IPv6 mask bits must be < 128");

  IpRange range = Only(*address);
  for (int bit = bits; bit < (v4 ? 32 : 128); ++bit) {
    const std::size_t byte = static_cast<std::size_t>(bit / 8);
    const auto mask_bit = static_cast<std::uint8_t>(0x80 >> (bit % 8));
    range.first.bytes[byte] = static_cast<std::uint8_t>(range.first.bytes[byte] & ~mask_bit);
    range.last.bytes[byte] = static_cast<std::uint8_t>(range.last.bytes[byte] | mask_bit);
  }
  return range;
}

std::optional<IpRange> IpRange::AliasInAws() const {
  constexpr std::size_t kV4Bytes = 4;
  IpRange alias = *this;
  if (first.family == IpAddress::Family::kV4) {
    alias.first.family = alias.last.family = IpAddress::Family::kV6;
    std::fill(alias.last.bytes.begin() + kV4Bytes, alias.last.bytes.end(), std::uint8_t{0xff});
    return alias;
  }
  const auto begin = [](const IpAddress& address) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < kV4Bytes; ++i) value = value << 8 | address.bytes[i];
    return value;
  };
  const auto v4 = [](std::uint64_t value) {
    IpAddress address;
    for (std::size_t i = kV4Bytes; i-- > 0; value >>= 8) address.bytes[i] = static_cast<std::uint8_t>(value & 0xff);
    return address;
  };
  if (begin(first) + 1 >= begin(last)) return std::nullopt;
  return IpRange{v4(begin(first) + 1), v4(begin(last) - 1)};
}

}  // namespace millrace::pattern
