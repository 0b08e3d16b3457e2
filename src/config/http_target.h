// ReadHttpTarget reads the `http:` of a target; what only means something together is checked here too.
//
// Threads:   pure functions.
// Failure:   what is wrong is in the fields' report; the result is then of no use.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "config/config.h"
#include "config/fields.h"

namespace millrace::config {

HttpTarget ReadHttpTarget(Fields& http);

// "20/s": from 1 to a million.
std::optional<std::uint32_t> ParseRate(std::string_view text);

// What may stand before the colon of a header (RFC 9110), up to limits::kHttpFieldNameMax bytes.
bool IsHeaderName(std::string_view name);
// Headers that the client or the target writes itself; a second one would make the request ambiguous.
bool IsReservedHeader(std::string_view name);

}  // namespace millrace::config
