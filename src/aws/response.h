// What every answer of an AWS service carries beside its body: the request's id, the body's checksum, compression where
// the client takes it, and the headers that let a browser read them.
//
// Threads: thread-safe functions.
// Source:  https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "http/server.h"

namespace millrace::aws {

inline constexpr std::string_view kAwsJson10 = "application/x-amz-json-1.0";
inline constexpr std::string_view kAwsJson11 = "application/x-amz-json-1.1";

// A responder whose answers get x-amzn-RequestId (unless they have one), x-amz-crc32 (over the bytes that are sent) and
// CORS headers, and are compressed from http::kCompressBytesMin up if the request's Accept-Encoding allows it. The work
// is done on a request thread, whoever answers. Who sent application/json gets that back instead of awsJson 1.0.
http::Responder WithServiceHeaders(http::Responder inner, const http::Request& request, std::string request_id);

// Whether this can be a call of an awsJson operation at all: a POST whose body, if it has one, is called JSON.
bool IsOperation(const http::Request& request);
// What DynamoDB answers to anything else: 404 <UnknownOperationException/>.
http::Response NotAnOperationResponse();

// The answer to a browser's preflight.
http::Response PreflightResponse(const http::Request& request);

// {"__type": type, "message": message}. Bytes of the message that are not ASCII become '?': it may echo a header.
http::Response ErrorResponse(int status, std::string_view type, std::string_view message);
// For an error of CallerOf.
http::Response RefusalResponse(const Error& error);

}  // namespace millrace::aws
