#include "api/admin/access.h"

#include <algorithm>
#include <array>

namespace millrace::api::admin {
namespace {

// Without the port.
std::string_view HostOf(std::string_view field) {
  if (field.starts_with('[')) return field.substr(0, field.find(']') + 1);
  return field.substr(0, field.find(':'));
}

bool IsThisMachine(std::string_view host) {
  // The last is what containers call the machine that they run on.
  constexpr std::array<std::string_view, 4> kNames{"localhost", "127.0.0.1", "[::1]", "host.docker.internal"};
  constexpr std::string_view kLocalhost = ".localhost";
  const bool below = host.size() > kLocalhost.size() &&
                     http::EqualsIgnoreCase(host.substr(host.size() - kLocalhost.size()), kLocalhost);
  return below ||
         std::ranges::any_of(kNames, [&](std::string_view name) { return http::EqualsIgnoreCase(host, name); });
}

}  // namespace

Status CheckAccess(const http::Request& request, Access access) {
  const auto refuse = [](std::string message) {
    return Status(Error(ErrorCode::kInvalidArgument, reason::kRefused, std::move(message)));
  };
  const std::string_view host = request.headers.Get("Host");
  if (!host.empty() && !IsThisMachine(HostOf(host)))
    return refuse(
        fmt::format("the Host '{}' is no name of this machine; use 127.0.0.1 or localhost", host.substr(0, 100)));
  const auto origin = request.headers.Find("Origin");
  if (origin && *origin != fmt::format("http://{}", host))
    return refuse("requests of pages of another origin are refused");
  const std::string_view site = request.headers.Get("Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin" && site != "none")
    return refuse("requests of pages of another site are refused");
  if (access == Access::kRead) return Ok();
  if (request.method != "POST") return refuse("a change is a POST");
  if (!request.headers.Has(kChangeHeader))
    return refuse(fmt::format("a change needs the header `{}: 1`", kChangeHeader));
  return Ok();
}

}  // namespace millrace::api::admin
