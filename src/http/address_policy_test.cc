// Which addresses each policy refuses, also when an IPv4 address hides in an IPv6 one.
#include "http/address_policy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace millrace::http {
namespace {

std::vector<std::uint8_t> Bytes(const std::string& text) {
  const bool ipv6 = text.find(':') != std::string::npos;
  std::vector<std::uint8_t> bytes(ipv6 ? 16 : 4);
  EXPECT_EQ(::inet_pton(ipv6 ? AF_INET6 : AF_INET, text.c_str(), bytes.data()), 1) << text;
  return bytes;
}

std::string_view Why(AddressPolicy policy, const std::string& text) {
  return WhyRefused(policy, Bytes(text));
}

const std::string kMetadata[] = {"169.254.169.254",
                                 "169.254.0.1",
                                 "fe80::1",
                                 "febf::1",
                                 "fd00:ec2::254",
                                 "100.100.100.200",
                                 "0.0.0.0",
                                 "0.1.2.3",
                                 "::",
                                 "224.0.0.1",
                                 "239.255.255.255",
                                 "255.255.255.255",
                                 "ff02::1",
                                 "::ffff:169.254.169.254",
                                 "::169.254.169.254",
                                 "64:ff9b::a9fe:a9fe",
                                 "64:ff9b:1::a9fe:a9fe",
                                 "2002:a9fe:a9fe::1",
                                 "::ffff:0.0.0.0",
                                 "::ffff:0:a9fe:a9fe"};
const std::string kInside[] = {"127.0.0.1",
                               "127.255.255.254",
                               "::1",
                               "10.0.0.1",
                               "172.16.0.1",
                               "172.31.255.255",
                               "192.168.1.1",
                               "100.64.0.1",
                               "100.127.255.255",
                               "fc00::1",
                               "fd12::1",
                               "fec0::1",
                               "::ffff:127.0.0.1",
                               "::ffff:10.1.2.3",
                               "::7f00:1",
                               "64:ff9b::7f00:1",
                               "2002:c0a8:101::1",
                               "192.0.2.1",
                               "198.51.100.7",
                               "203.0.113.9",
                               "198.19.255.1",
                               "240.0.0.1",
                               "2001:db8::1",
                               "2001::1",
                               "100::1"};
const std::string kOutside[] = {
    "1.1.1.1",         "8.8.8.8",         "172.15.0.1",   "172.32.0.1",     "192.167.1.1",      "100.63.255.255",
    "100.128.0.1",     "169.253.1.1",     "11.0.0.1",     "126.1.1.1",      "128.0.0.1",        "198.20.0.1",
    "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"};

TEST(AddressPolicy, AnyRefusesNothing) {
  for (const auto& text : kMetadata) EXPECT_EQ(Why(AddressPolicy::kAny, text), "") << text;
  for (const auto& text : kInside) EXPECT_EQ(Why(AddressPolicy::kAny, text), "") << text;
}

TEST(AddressPolicy, NoLinkLocalKeepsAwayFromMetadataButReachesTheOwnNetwork) {
  for (const auto& text : kMetadata) EXPECT_NE(Why(AddressPolicy::kNoLinkLocal, text), "") << text;
  for (const auto& text : kInside) EXPECT_EQ(Why(AddressPolicy::kNoLinkLocal, text), "") << text;
  for (const auto& text : kOutside) EXPECT_EQ(Why(AddressPolicy::kNoLinkLocal, text), "") << text;
}

TEST(AddressPolicy, PublicReachesTheInternetOnly) {
  for (const auto& text : kMetadata) EXPECT_NE(Why(AddressPolicy::kPublic, text), "") << text;
  for (const auto& text : kInside) EXPECT_NE(Why(AddressPolicy::kPublic, text), "") << text;
  for (const auto& text : kOutside) EXPECT_EQ(Why(AddressPolicy::kPublic, text), "") << text;
}

TEST(AddressPolicy, SaysWhatAnAddressIs) {
  EXPECT_EQ(Why(AddressPolicy::kNoLinkLocal, "169.254.169.254"), "a link-local address");
  EXPECT_EQ(Why(AddressPolicy::kPublic, "::ffff:192.168.0.1"), "a private address");
  EXPECT_EQ(AddressPolicyName(AddressPolicy::kNoLinkLocal), "no-link-local");
}

}  // namespace
}  // namespace millrace::http
