// CheckAccess keeps pages in browsers away from the admin API: whoever can make a browser on this machine open a page
// must not be able to read or change what runs here.
//
// The Host must be a name of this machine, or a page whose name was made to point here (DNS rebinding) could read. A
// request that a browser marks as coming from another site is refused. A change must be a POST with the header
// x-millrace, which a page of another site cannot send without being asked first, and the answer to that is no.
//
// Threads: a function without state.
// Failure: InvalidArgument with reason::kRefused, in words that say what is missing.
#pragma once

#include "base/error.h"
#include "http/message.h"

namespace millrace::api::admin {

namespace reason {
inline constexpr std::string_view kRefused = "AccessRefused";
}

inline constexpr std::string_view kChangeHeader = "x-millrace";

enum class Access : std::uint8_t { kRead, kChange };
Status CheckAccess(const http::Request& request, Access access);

}  // namespace millrace::api::admin
