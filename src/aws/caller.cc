#include "aws/caller.h"

#include <algorithm>
#include <array>
#include <optional>

namespace millrace::aws {
namespace {

constexpr std::string_view kSpace = " \t";
constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t kRegionLengthMax = 32;

template <class... Args>
Error Incomplete(fmt::format_string<Args...> format, Args&&... args) {
  return Err(ErrorCode::kInvalidArgument, reason::kIncompleteSignature, format, std::forward<Args>(args)...);
}
template <class... Args>
Error Invalid(fmt::format_string<Args...> format, Args&&... args) {
  return Err(ErrorCode::kInvalidArgument, reason::kInvalidSignature, format, std::forward<Args>(args)...);
}

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// Up to the first space or tab. Two searches for one character each are faster than one for either.
std::string_view FirstWord(std::string_view text) {
  text = text.substr(0, text.find(' '));
  return text.substr(0, text.find('\t'));
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Whatever is no escape stays as it is: the result is compared and split, never trusted.
std::string PercentDecode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 && HexDigit(text[i + 2]) >= 0;
    out.push_back(escape ? static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2])) : text[i]);
    if (escape) i += 2;
  }
  return out;
}

// The value of a query parameter, still encoded; an empty one if the name stands alone.
std::optional<std::string_view> QueryParameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) == name)
      return equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
  }
  return std::nullopt;
}

// A region becomes part of keys and ARNs: what could not be one is refused here.
bool IsRegion(std::string_view region) {
  if (region.empty() || region.size() > kRegionLengthMax) return false;
  for (const char c : region) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '-' && c != '_') return false;
  }
  return true;
}

bool IsAccount(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// keyid/date/region/service/aws4_request; a key id of local tools may itself contain slashes.
Result<Caller> FromScope(std::string_view scope, const Home& home) {
  while (scope.ends_with('/')) scope.remove_suffix(1);
  std::array<std::string_view, 4> last;  // terminator, service, region, date
  std::string_view rest = scope;
  for (std::string_view& part : last) {
    const std::size_t slash = rest.rfind('/');
    if (slash == std::string_view::npos) {
      return Incomplete(
          "Credential must have exactly 5 slash-delimited elements, e.g. "
          "keyid/date/region/service/term, got '{}'",
          scope);
    }
    part = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
  }
  if (!IsRegion(last[2])) return Invalid("Credential should be scoped to a valid region, not '{}'. ", last[2]);
  return Caller{std::string(IsAccount(rest) ? rest : home.account), std::string(last[2]), std::string(last[1])};
}

struct HeaderParameters {
  std::string_view credential, signature, signed_headers;
};

// "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…", in any order, apart by commas or spaces.
Result<HeaderParameters> SplitParameters(std::string_view authorization) {
  HeaderParameters found;
  std::string_view rest = authorization.substr(FirstWord(authorization).size());
  for (;;) {
    while (!rest.empty() && (rest[0] == ',' || rest[0] == ' ' || rest[0] == '\t')) rest.remove_prefix(1);
    if (rest.empty()) return found;
    const std::string_view pair = FirstWord(rest.substr(0, rest.find(',')));
    rest.remove_prefix(pair.size());
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) {
      return Incomplete("'{}' not a valid key=value pair (missing equal-sign) in Authorization header: '{}'.", pair,
                        authorization);
    }
    const std::string_view name = pair.substr(0, equals);
    const std::string_view value = pair.substr(equals + 1);
    if (name == "Credential") found.credential = value;
    if (name == "Signature") found.signature = value;
    if (name == "SignedHeaders") found.signed_headers = value;
  }
}

Result<Caller> FromHeader(const http::Request& request, std::string_view authorization, const Home& home) {
  ASSIGN_OR_RETURN(const HeaderParameters parameters, SplitParameters(authorization));
  std::string message;
  const auto require = [&](std::string_view value, std::string_view name) {
    if (value.empty()) message += fmt::format("Authorization header requires '{}' parameter. ", name);
  };
  require(parameters.credential, "Credential");
  require(parameters.signature, "Signature");
  require(parameters.signed_headers, "SignedHeaders");
  if (!request.headers.Has("X-Amz-Date") && !request.headers.Has("Date"))
    message += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  if (!message.empty()) return Incomplete("{}Authorization={}", message, authorization);
  const std::string_view algorithm = FirstWord(authorization);
  if (algorithm != kAlgorithm)
    return Incomplete("Unsupported AWS 'algorithm': '{}' (only {} for now). ", algorithm, kAlgorithm);
  return FromScope(parameters.credential, home);
}

Result<Caller> FromQuery(std::string_view query, const Home& home) {
  std::string message;
  for (const std::string_view name :
       {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"}) {
    if (QueryParameter(query, name).value_or(std::string_view()).empty())
      message += fmt::format("AWS query-string parameters must include '{}'. ", name);
  }
  if (!message.empty()) return Incomplete("{}Re-examine the query-string parameters.", message);
  return FromScope(PercentDecode(*QueryParameter(query, "X-Amz-Credential")), home);
}

}  // namespace

Result<Caller> CallerOf(const http::Request& request, const Home& home) {
  const std::string_view query = request.query();
  const bool presigned = QueryParameter(query, "X-Amz-Algorithm").has_value();
  const std::optional<std::string_view> header = request.headers.Find("Authorization");
  if (presigned && header)
    return Invalid("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.");
  if (presigned) return FromQuery(query, home);
  const std::string_view authorization = Trim(header.value_or(std::string_view()));
  if (!authorization.starts_with("AWS4-"))
    return Err(ErrorCode::kInvalidArgument, reason::kMissingToken, "Request is missing Authentication Token");
  return FromHeader(request, authorization, home);
}

}  // namespace millrace::aws
