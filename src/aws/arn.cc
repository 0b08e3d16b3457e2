#include "aws/arn.h"

#include <array>

namespace millrace::aws {
namespace {

bool IsWord(std::string_view text) {
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '-' && c != '_') return false;
  }
  return true;
}

bool IsAccount(std::string_view text) {
  return text.empty() || (text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos);
}

}  // namespace

std::string Arn::Render() const {
  return fmt::format("arn:{}:{}:{}:{}:{}", partition, service, region, account, resource);
}

std::string_view Arn::ResourcePart(std::size_t index) const {
  std::string_view rest = resource;
  for (; index > 0; --index) {
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return {};
    rest.remove_prefix(slash + 1);
  }
  return rest.substr(0, rest.find('/'));
}

Result<Arn> ParseArn(std::string_view text) {
  if (text.size() > kArnBytesMax)
    return InvalidArgument("an ARN has {} bytes; at most {} are allowed", text.size(), kArnBytesMax);
  std::array<std::string_view, 5> parts;  // arn, partition, service, region, account
  std::string_view rest = text;
  for (std::string_view& part : parts) {
    const std::size_t colon = rest.find(':');
    if (colon == std::string_view::npos)
      return InvalidArgument("'{}' is not an ARN: arn:partition:service:region:account:resource", text);
    part = rest.substr(0, colon);
    rest.remove_prefix(colon + 1);
  }
  if (parts[0] != "arn") return InvalidArgument("'{}' is not an ARN: it must begin with 'arn:'", text);
  if (parts[1].empty() || !IsWord(parts[1])) return InvalidArgument("ARN '{}': bad partition '{}'", text, parts[1]);
  if (parts[2].empty() || !IsWord(parts[2])) return InvalidArgument("ARN '{}': bad service '{}'", text, parts[2]);
  if (!IsWord(parts[3])) return InvalidArgument("ARN '{}': bad region '{}'", text, parts[3]);
  if (!IsAccount(parts[4])) return InvalidArgument("ARN '{}': account '{}' is not 12 digits", text, parts[4]);
  if (rest.empty()) return InvalidArgument("ARN '{}' names no resource", text);
  return Arn{std::string(parts[1]), std::string(parts[2]), std::string(parts[3]), std::string(parts[4]),
             std::string(rest)};
}

std::string_view PartitionOf(std::string_view region) {
  if (region.starts_with("cn-")) return "aws-cn";
  if (region.starts_with("us-gov-")) return "aws-us-gov";
  return "aws";
}

}  // namespace millrace::aws
