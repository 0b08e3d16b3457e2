#include "aws/response.h"

#include <fmt/format.h>
#include <zlib.h>

#include "http/gzip.h"
#include "json/write.h"

namespace millrace::aws {
namespace {

class ServiceSink final : public http::ResponseSink {
 public:
  ServiceSink(http::Responder inner, bool gzip, bool browser, std::string request_id)
      : inner_(std::move(inner)), gzip_(gzip), browser_(browser), request_id_(std::move(request_id)) {}

  void Deliver(http::Response&& response) override {
    if (gzip_ && response.body.size() >= http::kCompressBytesMin) {
      response.body = http::Compress(response.body);
      response.headers.Add("Content-Encoding", "gzip");
    }
    const auto crc = ::crc32_z(0, reinterpret_cast<const Bytef*>(response.body.data()), response.body.size());
    response.headers.Add("x-amzn-RequestId", request_id_);
    response.headers.Add("x-amz-crc32", fmt::format_int(crc).c_str());
    if (browser_) {
      response.headers.Add("Access-Control-Allow-Origin", "*");
      response.headers.Add("Access-Control-Expose-Headers",
                           "x-amzn-RequestId,x-amzn-ErrorType,x-amz-crc32,x-amzn-query-error");
    }
    inner_.Send(std::move(response));
  }
  bool connected() const override { return inner_.connected(); }

 private:
  http::Responder inner_;
  const bool gzip_;
  const bool browser_;
  const std::string request_id_;
};

}  // namespace

http::Responder WithServiceHeaders(http::Responder inner, const http::Request& request, std::string request_id) {
  const auto encoding = request.headers.Find("Accept-Encoding");
  return http::Responder(std::make_shared<ServiceSink>(std::move(inner), encoding && http::AcceptsGzip(*encoding),
                                                       request.headers.Has("Origin"), std::move(request_id)));
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
  http::Response response;
  response.status = status;
  response.content_type = "application/x-amz-json-1.0";
  json::Writer writer(&response.body);
  writer.BeginObject();
  writer.Key("__type");
  writer.String(type);
  writer.Key("message");
  writer.String(message);
  writer.EndObject();
  return response;
}

}  // namespace millrace::aws
