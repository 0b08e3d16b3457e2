// RequestEvent is an HTTP request as API Gateway's HTTP APIs hand it to a function: payload format 2.0.
//
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
//
// A body of text, JSON or XML is passed on as it is, any other in base64, as on AWS; or every body that is UTF-8,
// whatever the client calls it: `curl -d` calls JSON a form.
//
// Threads:   functions without state.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "http/message.h"

namespace millrace::api::routes {

struct RequestContext {
  std::string_view account = {};
  std::string_view route_key = {};  // "POST /book"
  std::string_view request_id = {};
  std::int64_t time_ms = 0;
  // Decoded, by name.
  std::map<std::string, std::string> path_parameters = {};
  bool any_text = false;  // of any type
};

std::string RequestEvent(const http::Request& request, const RequestContext& context);

// "%20" and, in a query, "+" decoded; what is no escape stays.
std::string PercentDecoded(std::string_view text, bool plus_is_space);

}  // namespace millrace::api::routes
