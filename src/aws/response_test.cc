// WithServiceHeaders: the checksum is over the bytes that are sent, compressed or not.
#include "aws/response.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "http/gzip.h"

namespace millrace::aws {
namespace {

class Captured final : public http::ResponseSink {
 public:
  void Deliver(http::Response&& given) override { response = std::move(given); }
  http::Response response;
};

http::Response Answer(std::string body, std::string_view accept, std::string_view origin = {}) {
  http::Request request;
  if (!accept.empty()) request.headers.Add("accept-encoding", accept);
  if (!origin.empty()) request.headers.Add("origin", origin);
  auto sink = std::make_shared<Captured>();
  auto responder = WithServiceHeaders(http::Responder(sink), request, "ID");
  responder.Send({.body = std::move(body)});
  return std::move(sink->response);
}

std::string Crc(const std::string& body) {
  return std::to_string(crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size())));
}

TEST(ServiceHeaders, CarryIdAndChecksum) {
  const auto response = Answer("{}", "");
  EXPECT_EQ(response.headers.Get("x-amzn-RequestId"), "ID");
  EXPECT_EQ(response.headers.Get("x-amz-crc32"), "2745614147");  // the one that DynamoDB sends with {}
  EXPECT_FALSE(response.headers.Has("Access-Control-Allow-Origin"));
}

TEST(ServiceHeaders, CompressLargeBodiesForWhoeverTakesThem) {
  const std::string body(10'000, 'x');
  const auto plain = Answer(body, "identity");
  EXPECT_EQ(plain.body, body);
  const auto packed = Answer(body, "gzip, deflate");
  EXPECT_EQ(packed.headers.Get("Content-Encoding"), "gzip");
  EXPECT_LT(packed.body.size(), 200u);
  EXPECT_EQ(packed.headers.Get("x-amz-crc32"), Crc(packed.body));
  EXPECT_FALSE(Answer("small", "gzip").headers.Has("Content-Encoding"));
}

TEST(ServiceHeaders, LetBrowsersRead) {
  EXPECT_EQ(Answer("{}", "", "http://localhost:3000").headers.Get("Access-Control-Allow-Origin"), "*");
  http::Request preflight;
  preflight.headers.Add("Access-Control-Request-Headers", "authorization,x-amz-target");
  EXPECT_EQ(PreflightResponse(preflight).headers.Get("Access-Control-Allow-Headers"), "authorization,x-amz-target");
}

}  // namespace
}  // namespace millrace::aws
