// WithServiceHeaders: the checksum is over the bytes that are sent, compressed or not.
#include "aws/response.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "http/gzip.h"

namespace millrace::aws {
namespace {

class Captured final : public http::ResponseSink {
 public:
  void Deliver(http::Response&& given) override {
    response = std::move(given);
    response.ApplyFinish();
  }
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

TEST(ServiceHeaders, KeepAnIdThatIsThere) {
  http::Request request;
  auto sink = std::make_shared<Captured>();
  WithServiceHeaders(http::Responder(sink), request, "ID").Send({.headers = {{"x-amzn-RequestId", "OWN"}}});
  EXPECT_EQ(sink->response.headers.CountOf("x-amzn-requestid"), 1u);
  EXPECT_EQ(sink->response.headers.Get("x-amzn-requestid"), "OWN");
}

TEST(ServiceHeaders, AnswerInTheContentTypeThatWasSent) {
  const auto type = [](std::string_view sent, std::string_view answered) {
    http::Request request;
    request.headers.Add("Content-Type", sent);
    auto sink = std::make_shared<Captured>();
    WithServiceHeaders(http::Responder(sink), request, "ID").Send({.content_type = answered});
    return std::string(sink->response.content_type);
  };
  EXPECT_EQ(type("application/x-amz-json-1.0", kAwsJson10), kAwsJson10);
  EXPECT_EQ(type("application/json;charset=utf-8", kAwsJson10), "application/json");
  EXPECT_EQ(type("application/json", "text/html"), "text/html");
}

TEST(Operations, ArePostedAsJson) {
  const auto is_operation = [](std::string method, std::string_view type, std::string body) {
    http::Request request;
    request.method = std::move(method);
    request.headers.Add("Content-Type", type);
    request.body = std::move(body);
    return IsOperation(request);
  };
  for (const char* type : {"application/json", "application/x-amz-json-1.0", "application/x-amz-json-1.1",
                           "Application/JSON ;  asfd", "application/json;"})
    EXPECT_TRUE(is_operation("POST", type, "{}")) << type;
  for (const char* type : {"", "whatever", "application/jsonasdf", "application/x-amz-cbor-1.1"})
    EXPECT_FALSE(is_operation("POST", type, "{}")) << type;
  EXPECT_TRUE(is_operation("POST", "", ""));
  EXPECT_FALSE(is_operation("PUT", "application/json", "{}"));
  const std::string body = NotAnOperationResponse().body;
  EXPECT_EQ(Crc(body), "3552371480");  // the one that DynamoDB sends with it
}

TEST(Errors, NeverEchoWhatIsNoText) {
  EXPECT_EQ(ErrorResponse(400, "T", "a\"\xff\n").body, "{\"__type\":\"T\",\"message\":\"a\\\"?\\n\"}");
}

TEST(ServiceHeaders, LetBrowsersRead) {
  EXPECT_EQ(Answer("{}", "", "http://localhost:3000").headers.Get("Access-Control-Allow-Origin"), "*");
  http::Request preflight;
  preflight.headers.Add("Access-Control-Request-Headers", "authorization,x-amz-target");
  EXPECT_EQ(PreflightResponse(preflight).headers.Get("Access-Control-Allow-Headers"), "authorization,x-amz-target");
}

}  // namespace
}  // namespace millrace::aws
