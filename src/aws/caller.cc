#include "aws/caller.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace millrace::aws {
namespace {

constexpr std::string_view kScheme = "AWS4-HMAC-SHA256";
constexpr std::size_t kScopeParts = 5;  // access key, date, region, service, "aws4_request"
constexpr std::size_t kRegionBytesMax = 64;

Error Incomplete(std::string_view what, std::string_view authorization) {
  constexpr std::size_t kEchoed = 256;
  return Err(ErrorCode::kInvalidArgument, reason::kIncompleteSignature, "{} Authorization={}", what,
             authorization.substr(0, kEchoed));
}

// The value behind `name` in "Credential=…, SignedHeaders=…, Signature=…".
std::optional<std::string_view> Parameter(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    if (part.starts_with(name) && part.size() > name.size() && part[name.size()] == '=')
      return part.substr(name.size() + 1);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return std::nullopt;
}

std::vector<std::string_view> Split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + separator.size());
  }
}

bool IsAccount(std::string_view text) {
  return text.size() == 12 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool IsRegion(std::string_view text) {
  return !text.empty() && text.size() <= kRegionBytesMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || (c >= 'A' && c <= 'Z') || c == '_';
  });
}

Result<Caller> FromScope(const std::vector<std::string_view>& scope, const Home& home, std::string_view shown) {
  if (scope.size() < kScopeParts || !IsRegion(scope[scope.size() - 3]))
    return Incomplete("Credential must have 5 slash-delimited elements with a valid region.", shown);
  // An access key may hold slashes; the scope is the last four elements.
  Caller caller;
  caller.account = scope.size() == kScopeParts && IsAccount(scope[0]) ? std::string(scope[0]) : home.account;
  caller.region = scope[scope.size() - 3];
  caller.service = scope[scope.size() - 2];
  return caller;
}

}  // namespace

Result<Caller> CallerOf(const http::Request& request, const Home& home) {
  const std::string_view authorization = request.headers.Get("Authorization");
  if (!authorization.empty()) {
    if (!authorization.starts_with(kScheme))
      return Incomplete("Authorization header requires 'AWS4-HMAC-SHA256' as its algorithm.", authorization);
    const std::string_view parameters = authorization.substr(kScheme.size());
    const auto credential = Parameter(parameters, "Credential");
    if (!credential) return Incomplete("Authorization header requires 'Credential' parameter.", authorization);
    if (!Parameter(parameters, "Signature"))
      return Incomplete("Authorization header requires 'Signature' parameter.", authorization);
    if (!Parameter(parameters, "SignedHeaders"))
      return Incomplete("Authorization header requires 'SignedHeaders' parameter.", authorization);
    return FromScope(Split(*credential, "/"), home, authorization);
  }
  for (const std::string_view pair : Split(request.query(), "&")) {
    constexpr std::string_view kName = "X-Amz-Credential=";
    if (!pair.starts_with(kName)) continue;
    const std::string_view value = pair.substr(kName.size());
    const bool encoded = value.find("%2F") != std::string_view::npos;
    return FromScope(Split(value, encoded ? "%2F" : "/"), home, value);
  }
  return Error(ErrorCode::kInvalidArgument, reason::kMissingToken, "Request is missing Authentication Token");
}

}  // namespace millrace::aws
