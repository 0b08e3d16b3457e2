// Reply is what the admin API answers: JSON, and for an error {"error": {"code": …, "message": …}}.
//
// Threads: functions over values.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace millrace::api::admin {

http::Response JsonResponse(std::string body, int status = 200);
http::Response ErrorResponse(const Error& error);
http::Response ResponseOf(Result<std::string> body);

// As it is if it is UTF-8; else with '?' for every byte that is not ASCII. For what others sent us.
std::string Utf8(std::string_view text);
// An order key as people read it: an item's key as its values, one behind the other; any text as it is; other bytes as
// 0x and hexadecimal digits.
std::string OrderKeyText(std::string_view order_key);

}  // namespace millrace::api::admin
