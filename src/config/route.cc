#include "config/route.h"

#include <algorithm>
#include <array>

namespace millrace::config {
namespace {

constexpr std::array<std::string_view, 8> kMethods = {"GET",    "POST", "PUT",     "PATCH",
                                                      "DELETE", "HEAD", "OPTIONS", "ANY"};
constexpr std::size_t kPathMax = 512;

bool IsParameterName(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

bool IsPathText(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != '{' && c != '}' && c != '?'; });
}

}  // namespace

std::optional<Route> ParseRoute(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  Route route{std::string(text.substr(0, space)), std::string(text.substr(space + 1)), {}};
  if (std::ranges::find(kMethods, route.method) == kMethods.end()) return std::nullopt;
  if (!route.path.starts_with('/') || route.path.size() > kPathMax) return std::nullopt;
  std::string_view rest = std::string_view(route.path).substr(1);
  while (!rest.empty()) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    std::string_view segment = rest.substr(0, slash);
    rest = rest.substr(std::min(slash + 1, rest.size()));
    if (segment.starts_with('{') && segment.ends_with('}')) {
      segment = segment.substr(1, segment.size() - 2);
      const bool everything = segment.ends_with('+');
      if (everything) segment.remove_suffix(1);
      if (!IsParameterName(segment) || (everything && !rest.empty())) return std::nullopt;
      for (const Route::Segment& other : route.segments)
        if (other.parameter && other.text == segment) return std::nullopt;
      route.segments.push_back({std::string(segment), true, everything});
    } else if (segment.empty() || !IsPathText(segment)) {
      return std::nullopt;
    } else {
      route.segments.push_back({std::string(segment), false, false});
    }
  }
  return route;
}

}  // namespace millrace::config
