#include "api/lambda/route.h"

#include <algorithm>
#include <array>

#include "api/lambda/operations.h"

namespace millrace::api::lambda {
namespace {

constexpr std::array kOperations = {
    Operation{"CreateFunction", "POST", "/2015-03-31/functions", &CreateFunction, true},
    Operation{"ListFunctions", "GET", "/2015-03-31/functions", &ListFunctions},
    Operation{"GetFunction", "GET", "/2015-03-31/functions/{}", &GetFunction},
    Operation{"DeleteFunction", "DELETE", "/2015-03-31/functions/{}", &DeleteFunction, true},
    Operation{"GetFunctionConfiguration", "GET", "/2015-03-31/functions/{}/configuration", &GetFunctionConfiguration},
    Operation{"UpdateFunctionConfiguration", "PUT", "/2015-03-31/functions/{}/configuration",
              &UpdateFunctionConfiguration, true},
    Operation{"UpdateFunctionCode", "PUT", "/2015-03-31/functions/{}/code", &UpdateFunctionCode, true},
    Operation{"Invoke", "POST", "/2015-03-31/functions/{}/invocations"},
    Operation{"PublishVersion", "POST", "/2015-03-31/functions/{}/versions", &PublishVersion, true},
    Operation{"ListVersionsByFunction", "GET", "/2015-03-31/functions/{}/versions", &ListVersionsByFunction},
    Operation{"CreateAlias", "POST", "/2015-03-31/functions/{}/aliases", &CreateAlias, true},
    Operation{"ListAliases", "GET", "/2015-03-31/functions/{}/aliases", &ListAliases},
    Operation{"GetAlias", "GET", "/2015-03-31/functions/{}/aliases/{}", &GetAlias},
    Operation{"UpdateAlias", "PUT", "/2015-03-31/functions/{}/aliases/{}", &UpdateAlias, true},
    Operation{"DeleteAlias", "DELETE", "/2015-03-31/functions/{}/aliases/{}", &DeleteAlias, true},
    Operation{"AddPermission", "POST", "/2015-03-31/functions/{}/policy", &AddPermission, true},
    Operation{"GetPolicy", "GET", "/2015-03-31/functions/{}/policy", &GetPolicy},
    Operation{"RemovePermission", "DELETE", "/2015-03-31/functions/{}/policy/{}", &RemovePermission, true},
    Operation{"ListTags", "GET", "/2017-03-31/tags/{}", &ListTags},
    Operation{"TagResource", "POST", "/2017-03-31/tags/{}", &TagResource, true},
    Operation{"UntagResource", "DELETE", "/2017-03-31/tags/{}", &UntagResource, true},
    Operation{"GetFunctionCodeSigningConfig", "GET", "/2020-06-30/functions/{}/code-signing-config",
              &GetFunctionCodeSigningConfig},
    Operation{"GetRuntimeManagementConfig", "GET", "/2021-07-20/functions/{}/runtime-management-config",
              &GetRuntimeManagementConfig},
    Operation{"GetFunctionRecursionConfig", "GET", "/2024-08-31/functions/{}/recursion-config",
              &GetFunctionRecursionConfig},
    Operation{"GetAccountSettings", "GET", "/2016-08-19/account-settings", &GetAccountSettings},
    Operation{"PutFunctionConcurrency", "PUT", "/2017-10-31/functions/{}/concurrency", &PutFunctionConcurrency, true},
    Operation{"GetFunctionConcurrency", "GET", "/2019-09-30/functions/{}/concurrency", &GetFunctionConcurrency},
    Operation{"DeleteFunctionConcurrency", "DELETE", "/2017-10-31/functions/{}/concurrency", &DeleteFunctionConcurrency,
              true},
    Operation{"CreateEventSourceMapping", "POST", "/2015-03-31/event-source-mappings", &CreateEventSourceMapping, true},
    Operation{"ListEventSourceMappings", "GET", "/2015-03-31/event-source-mappings", &ListEventSourceMappings},
    Operation{"GetEventSourceMapping", "GET", "/2015-03-31/event-source-mappings/{}", &GetEventSourceMapping},
    Operation{"UpdateEventSourceMapping", "PUT", "/2015-03-31/event-source-mappings/{}", &UpdateEventSourceMapping,
              true},
    Operation{"DeleteEventSourceMapping", "DELETE", "/2015-03-31/event-source-mappings/{}", &DeleteEventSourceMapping,
              true},
};

constexpr std::size_t kPlacesMax = 8;

// "a", "b", "" of "/a/b/"; a '/' at the end is as good as none.
std::vector<std::string_view> Parts(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty() && parts.size() <= kPlacesMax) {
    path.remove_prefix(1);  // the '/'
    const std::size_t end = std::min(path.find('/'), path.size());
    parts.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  if (!parts.empty() && parts.back().empty()) parts.pop_back();
  return parts;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::span<const Operation> Operations() {
  return kOperations;
}

std::string PercentDecode(std::string_view text, bool plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 && HexDigit(text[i + 2]) >= 0) {
      decoded.push_back(static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2])));
      i += 2;
    } else {
      decoded.push_back(plus && text[i] == '+' ? ' ' : text[i]);
    }
  }
  return decoded;
}

bool IsLambdaPath(std::string_view path) {
  // Lambda's are the only paths that begin with a date and one of these words.
  constexpr std::array<std::string_view, 4> kWords = {"/functions", "/event-source-mappings", "/tags",
                                                      "/account-settings"};
  if (path.size() < 12 || path[0] != '/' || path[5] != '-' || path[8] != '-') return false;
  for (const std::size_t digit : {1, 2, 3, 4, 6, 7, 9, 10})
    if (path[digit] < '0' || path[digit] > '9') return false;
  return std::ranges::any_of(kWords, [&](std::string_view word) { return path.substr(11).starts_with(word); });
}

RouteMatch FindRoute(const http::Request& request) {
  RouteMatch match;
  const std::vector<std::string_view> parts = Parts(request.path());
  for (const Operation& operation : kOperations) {
    if (operation.method != request.method) continue;
    const std::vector<std::string_view> wanted = Parts(operation.path);
    if (wanted.size() != parts.size()) continue;
    const bool same = std::ranges::equal(
        wanted, parts, [](std::string_view a, std::string_view b) { return a == "{}" ? !b.empty() : a == b; });
    if (!same) continue;
    match.operation = &operation;
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (wanted[i] == "{}") match.places.push_back(PercentDecode(parts[i], /*plus=*/false));
    break;
  }
  std::string_view query = request.query();
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = equals < pair.size() ? pair.substr(equals + 1) : std::string_view();
    match.query.emplace_back(PercentDecode(pair.substr(0, equals), /*plus=*/true), PercentDecode(value, /*plus=*/true));
  }
  return match;
}

std::optional<std::string_view> RouteMatch::Query(std::string_view name) const {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return std::nullopt;
}

std::vector<std::string> RouteMatch::QueryAll(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : query)
    if (key == name) values.push_back(value);
  return values;
}

}  // namespace millrace::api::lambda
