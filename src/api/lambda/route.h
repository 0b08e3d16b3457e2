// Route takes a request's path apart and finds the operation that it is for.
//
//   PUT /2015-03-31/functions/{FunctionName}/code?…    UpdateFunctionCode, {"FunctionName", "…"}
//
// Threads:   pure functions over constants.
// Failure:   FindRoute is empty if the path is none of Lambda's; a path of Lambda's without an operation has none.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace millrace::api::lambda {

struct Operation;

// What stands at a {place} in a path, or behind a name in a query, decoded.
struct RouteMatch {
  const Operation* operation = nullptr;
  std::vector<std::string> places;
  std::vector<std::pair<std::string, std::string>> query;

  // The first of that name, or nothing.
  std::optional<std::string_view> Query(std::string_view name) const;
  std::vector<std::string> QueryAll(std::string_view name) const;
};

// Whether a path begins as Lambda's do: "/2015-03-31/functions…" and the like.
bool IsLambdaPath(std::string_view path);
// REQUIRES: IsLambdaPath.
RouteMatch FindRoute(const http::Request& request);

// "%3A" is ":"; what is no escape stays. `plus`: '+' is a space, as in queries.
std::string PercentDecode(std::string_view text, bool plus);

}  // namespace millrace::api::lambda
