// Requests as functions see them, their answers as clients see them, and which route a request takes.
#include "api/routes/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/routes/function_response.h"
#include "api/routes/request_event.h"

namespace millrace::api::routes {
namespace {

using ::testing::HasSubstr;

// The order in which routes are preferred for a request, best first.
std::vector<std::string> Fitting(std::string_view method, std::string_view path, std::vector<std::string> routes) {
  std::vector<std::pair<std::vector<int>, std::string>> fits;
  for (const std::string& text : routes)
    if (auto fit = Fit(*config::ParseRoute(text), method, path)) fits.emplace_back(*std::move(fit), text);
  std::ranges::sort(fits, std::greater<>());
  std::vector<std::string> order;
  for (auto& [fit, text] : fits) order.push_back(text);
  return order;
}

TEST(Fit, ALiteralIsBetterThanAParameterAndAMethodBetterThanAny) {
  EXPECT_EQ(Fitting("GET", "/pets/dog", {"GET /pets/{id}", "ANY /{proxy+}", "GET /pets/dog", "ANY /pets/dog"}),
            (std::vector<std::string>{"GET /pets/dog", "ANY /pets/dog", "GET /pets/{id}", "ANY /{proxy+}"}));
}

TEST(Fit, MethodsSegmentsAndTheirNumberMustFit) {
  EXPECT_TRUE(Fitting("POST", "/book", {"GET /book", "POST /books", "POST /book/{id}", "POST /"}).empty());
  EXPECT_EQ(Fitting("POST", "/b%6Fok", {"POST /book"}).size(), 1u);
  EXPECT_TRUE(Fitting("GET", "/a//b", {"GET /a/{x}/b"}).empty());
  EXPECT_EQ(Fitting("GET", "/", {"GET /"}).size(), 1u);
  EXPECT_TRUE(Fitting("GET", "/", {"GET /{proxy+}"}).empty());
}

TEST(RequestEvent, IsPayloadTwo) {
  http::Request request;
  request.method = "POST";
  request.target = "/books/a%20b?x=1&x=2&y=%C3%A9&z";
  request.headers = {{"Host", "localhost:3000"},
                     {"Content-Type", "application/json"},
                     {"X-A", "1"},
                     {"x-a", "2"},
                     {"Cookie", "s=1; t=2"},
                     {"User-Agent", "curl"}};
  request.body = "{\"name\":\"é\"}";
  EXPECT_EQ(
      RequestEvent(request, {.account = "000000000000",
                             .route_key = "POST /books/{id}",
                             .request_id = "r1",
                             .time_ms = 1'795'189'756'123,
                             .path_parameters = {{"id", "a b"}}}),
      R"({"version":"2.0","routeKey":"POST /books/{id}","rawPath":"/books/a b","rawQueryString":"x=1&x=2&y=%C3%A9&z",)"
      R"("cookies":["s=1","t=2"],"headers":{"content-type":"application/json","host":"localhost:3000",)"
      R"("user-agent":"curl","x-a":"1,2"},"queryStringParameters":{"x":"1,2","y":"é","z":""},)"
      R"("requestContext":{"accountId":"000000000000","apiId":"local","domainName":"localhost",)"
      R"("domainPrefix":"localhost","http":{"method":"POST","path":"/books/a b","protocol":"HTTP/1.1",)"
      R"("sourceIp":"127.0.0.1","userAgent":"curl"},"requestId":"r1","routeKey":"POST /books/{id}",)"
      R"("stage":"$default","time":"20/Nov/2026:15:49:16 +0000","timeEpoch":1795189756123},)"
      R"("pathParameters":{"id":"a b"},"body":"{\"name\":\"é\"}","isBase64Encoded":false})");
}

TEST(RequestEvent, WhatIsNoTextIsBase64) {
  http::Request request;
  request.method = "POST";
  request.target = "/";
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = "{\"a\":1}";
  EXPECT_THAT(RequestEvent(request, {}), HasSubstr(R"("body":"eyJhIjoxfQ==","isBase64Encoded":true)"));
  EXPECT_THAT(RequestEvent(request, {.any_text = true}), HasSubstr(R"("body":"{\"a\":1}","isBase64Encoded":false)"));
  request.headers = {{"Content-Type", "text/plain"}};
  request.body = "\xff";
  EXPECT_THAT(RequestEvent(request, {}), HasSubstr(R"("body":"/w==","isBase64Encoded":true)"));
}

TEST(ResponseOf, TakesStatusHeadersCookiesAndBody) {
  const auto response = ResponseOf(
      R"({"statusCode":201,"headers":{"X-A":"b","Content-Length":"7","n":1},"cookies":["a=1"],"body":"hi"})");
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->headers.Get("X-A"), "b");
  EXPECT_EQ(response->headers.Get("n"), "1");
  EXPECT_EQ(response->headers.Get("Set-Cookie"), "a=1");
  EXPECT_EQ(response->headers.Get("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_FALSE(response->headers.Has("Content-Length"));
  EXPECT_EQ(response->body, "hi");
  EXPECT_EQ(ResponseOf(R"({"statusCode":204})")->body, "");
  EXPECT_EQ(ResponseOf(R"({"statusCode":"400","body":"aGk=","isBase64Encoded":true})")->body, "hi");
}

TEST(ResponseOf, AnyOtherJsonIsTheBody) {
  for (const char* text : {R"({"a":1})", "\"x\"", "null", "[1]"}) {
    const auto response = ResponseOf(text);
    ASSERT_TRUE(response.ok());
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, text);
    EXPECT_EQ(response->headers.Get("Content-Type"), "application/json");
  }
}

TEST(ResponseOf, WhatIsWrongIsSaid) {
  for (const auto& [text, says] : std::initializer_list<std::pair<const char*, const char*>>{
           {"{", "not JSON"},
           {R"({"statusCode":"x"})", "statusCode"},
           {R"({"statusCode":99})", "statusCode"},
           {R"({"statusCode":200,"headers":{"a b":"c"}})", "no name of a header"},
           {R"({"statusCode":200,"headers":{"a":[1]}})", "header a"},
           {R"({"statusCode":200,"body":"%","isBase64Encoded":true})", "base64"}}) {
    const auto response = ResponseOf(text);
    ASSERT_FALSE(response.ok()) << text;
    EXPECT_THAT(response.error().message(), HasSubstr(says));
  }
}

}  // namespace
}  // namespace millrace::api::routes
