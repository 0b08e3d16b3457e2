// What every answer of an AWS service carries beside its body: the request's id, the body's checksum, compression where
// the client takes it, and the headers that let a browser read them.
//
// Threads: thread-safe functions.
// Source:  https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
#pragma once

#include <string>

#include "http/server.h"

namespace millrace::aws {

// A responder whose answers get x-amzn-RequestId, x-amz-crc32 (over the bytes that are sent) and CORS headers, and are
// compressed from http::kCompressBytesMin up if the request's Accept-Encoding allows it.
http::Responder WithServiceHeaders(http::Responder inner, const http::Request& request, std::string request_id);

// The answer to a browser's preflight.
http::Response PreflightResponse(const http::Request& request);

// {"__type": type, "message": message}
http::Response ErrorResponse(int status, std::string_view type, std::string_view message);

}  // namespace millrace::aws
