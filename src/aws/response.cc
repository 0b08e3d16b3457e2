#include "aws/response.h"

#include <zlib.h>

#include "aws/caller.h"
#include "http/gzip.h"
#include "json/write.h"

namespace millrace::aws {
namespace {

enum FinishFlag : std::uint32_t {
  kGzip = 1,       // the client takes it
  kBrowser = 2,    // the client is a web page
  kPlainJson = 4,  // it sent application/json
};

void AddServiceHeaders(http::Response& response, const http::Finish& finish) {
  if ((finish.flags & kPlainJson) != 0 && response.content_type == kAwsJson10)
    response.content_type = "application/json";
  if ((finish.flags & kGzip) != 0 && response.body.size() >= http::kCompressBytesMin &&
      !response.headers.Has("Content-Encoding")) {
    response.body = http::Compress(response.body);
    response.headers.Add("Content-Encoding", "gzip");
  }
  response.headers.Reserve(4, 256);
  const auto crc = ::crc32_z(0, reinterpret_cast<const Bytef*>(response.body.data()), response.body.size());
  if (!response.headers.Has("x-amzn-RequestId")) response.headers.Add("x-amzn-RequestId", finish.text);
  response.headers.Add("x-amz-crc32", std::to_string(crc));
  if ((finish.flags & kBrowser) != 0) {
    response.headers.Add("Access-Control-Allow-Origin", "*");
    response.headers.Add("Access-Control-Expose-Headers",
                         "x-amzn-RequestId,x-amzn-ErrorType,x-amz-crc32,x-amzn-query-error");
  }
}

// "application/json; charset=utf-8" is "application/json".
std::string_view MediaType(const http::Request& request) {
  const std::string_view field = request.headers.Get("Content-Type");
  const std::string_view type = field.substr(0, field.find(';'));
  return type.substr(0, type.find_last_not_of(" \t") + 1);
}

}  // namespace

http::Responder WithServiceHeaders(http::Responder inner, const http::Request& request, std::string request_id) {
  std::uint32_t flags = 0;
  if (http::AcceptsGzip(request.headers.Get("Accept-Encoding"))) flags |= kGzip;
  if (request.headers.Has("Origin")) flags |= kBrowser;
  if (http::EqualsIgnoreCase(MediaType(request), "application/json")) flags |= kPlainJson;
  inner.SetFinish({&AddServiceHeaders, flags, std::move(request_id)});
  return inner;
}

bool IsOperation(const http::Request& request) {
  if (request.method != "POST") return false;
  if (request.body.empty()) return true;
  const std::string_view type = MediaType(request);
  return http::EqualsIgnoreCase(type, kAwsJson10) || http::EqualsIgnoreCase(type, kAwsJson11) ||
         http::EqualsIgnoreCase(type, "application/json");
}

http::Response NotAnOperationResponse() {
  http::Response response;
  response.status = 404;
  response.body = "<UnknownOperationException/>\n";
  return response;
}

http::Response PreflightResponse(const http::Request& request) {
  http::Response response;
  response.headers.Add("Access-Control-Allow-Origin", "*");
  response.headers.Add("Access-Control-Allow-Methods", "GET,POST,PUT,DELETE,HEAD,OPTIONS");
  // Names every header that was asked for: "*" does not cover Authorization (Fetch standard, section 3.2.5).
  const std::string_view asked = request.headers.Get("Access-Control-Request-Headers");
  response.headers.Add("Access-Control-Allow-Headers", asked.empty() ? "*" : asked);
  response.headers.Add("Access-Control-Max-Age", "172800");
  return response;
}

http::Response ErrorResponse(int status, std::string_view type, std::string_view message) {
  std::string text(message);
  for (char& c : text)
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  http::Response response;
  response.status = status;
  response.content_type = kAwsJson10;
  json::Writer writer(&response.body);
  writer.BeginObject();
  writer.Key("__type");
  writer.String(type);
  writer.Key("message");
  writer.String(text);
  writer.EndObject();
  return response;
}

http::Response RefusalResponse(const Error& error) {
  std::string_view type = "com.amazon.coral.service#IncompleteSignatureException";
  if (error.reason() == reason::kMissingToken) type = "com.amazon.coral.service#MissingAuthenticationTokenException";
  if (error.reason() == reason::kInvalidSignature) type = "com.amazon.coral.service#InvalidSignatureException";
  return ErrorResponse(400, type, error.message());
}

}  // namespace millrace::aws
