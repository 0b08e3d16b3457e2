// ResponseOf makes an HTTP response of what a function answered, as API Gateway's HTTP APIs do (payload format 2.0):
//
//   {"statusCode": 201, "headers": {…}, "cookies": […], "body": "…", "isBase64Encoded": false}
//   any other JSON        status 200, application/json, the JSON as the body
//
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
//
// Threads:   functions without state.
// Failure:   an answer that is neither is InvalidArgument with what is wrong; AWS answers 500 then.
#pragma once

#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace millrace::api::routes {

Result<http::Response> ResponseOf(std::string_view answer);
// {"message": "…"}, as API Gateway answers by itself.
http::Response MessageResponse(int status, std::string_view message);

}  // namespace millrace::api::routes
