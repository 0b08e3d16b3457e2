// Arn is the name of a resource in AWS, taken apart: arn:partition:service:region:account:resource.
//
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
//
// Threads:   plain value.
// Failure:   ParseArn returns InvalidArgument that says which part is wrong.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace millrace::aws {

inline constexpr std::size_t kArnBytesMax = 2048;

struct Arn {
  std::string partition = "aws";
  std::string service;
  std::string region;    // empty for global services
  std::string account;   // 12 digits; empty for some services
  std::string resource;  // "table/orders/stream/2026-01-01T00:00:00.000", "rule/bus/name", a queue's name

  std::string Render() const;
  // Of resources such as "table/orders/index/by-date": the n-th part between slashes, empty if there is none.
  std::string_view ResourcePart(std::size_t index) const;

  bool operator==(const Arn&) const = default;
};

Result<Arn> ParseArn(std::string_view text);

// "aws", or "aws-cn" and "aws-us-gov" in the regions that are apart.
std::string_view PartitionOf(std::string_view region);

}  // namespace millrace::aws
