// Proves who a request's caller is, and that what is no signature is refused in AWS's words. Where a checksum is given,
// it is the x-amz-crc32 that Amazon DynamoDB itself sent with that body (recorded in dynalite's test/connection.js).
#include "aws/caller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "aws/response.h"

namespace millrace::aws {
namespace {

using ::testing::HasSubstr;

const Home kHome{"000000000000", "us-east-1"};

http::Request Post(std::string target, std::string_view authorization, std::string_view date = "20260101T000000Z") {
  http::Request request;
  request.method = "POST";
  request.target = std::move(target);
  if (!authorization.empty()) request.headers.Add("authorization", authorization);
  if (!date.empty()) request.headers.Add("x-amz-date", date);
  return request;
}

TEST(Caller, ReadsTheCredentialScope) {
  const auto caller = CallerOf(Post("/",
                                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/dynamodb/aws4_request, "
                                    "SignedHeaders=host;x-amz-date, Signature=abc"),
                               kHome);
  ASSERT_TRUE(caller.ok()) << caller.error().message();
  EXPECT_EQ(caller->account, "000000000000");
  EXPECT_EQ(caller->region, "eu-west-1");
  EXPECT_EQ(caller->service, "dynamodb");
}

TEST(Caller, AnAccessKeyOfTwelveDigitsIsTheAccount) {
  for (const auto& [key, account] :
       {std::pair("123456789012", "123456789012"), std::pair("12345678901", "000000000000"),
        std::pair("12345678901x", "000000000000"), std::pair("local/key", "000000000000")}) {
    const auto caller = CallerOf(Post("/", fmt::format("AWS4-HMAC-SHA256 Credential={}/20260101/eu-west-1/dynamodb/"
                                                       "aws4_request,SignedHeaders=host,Signature=a",
                                                       key)),
                                 kHome);
    ASSERT_TRUE(caller.ok()) << caller.error().message();
    EXPECT_EQ(caller->account, account);
    EXPECT_EQ(caller->region, "eu-west-1");
  }
}

TEST(Caller, ReadsPresignedQueries) {
  const auto caller =
      CallerOf(Post("/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=123456789012%2F20260101%2fap-south-1%2Fsqs%2F"
                    "aws4_request&X-Amz-Date=20260101T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=00",
                    "", ""),
               kHome);
  ASSERT_TRUE(caller.ok()) << caller.error().message();
  EXPECT_EQ(caller->account, "123456789012");
  EXPECT_EQ(caller->region, "ap-south-1");
  EXPECT_EQ(caller->service, "sqs");
}

TEST(Caller, SaysWhatIsWrongInTheWordsOfAws) {
  struct Case {
    std::string target, authorization, date;
    std::string_view reason;
    std::string message;
    uLong crc = 0;
  };
  const std::string wrong = "AWS4-HMAC-SHA256 Signature=b, SignedHeaders=c, Credential";
  const Case cases[] = {
      {"/", "", "", reason::kMissingToken, "Request is missing Authentication Token", 2088342776},
      {"/", "AWS4", "", reason::kMissingToken, "", 2088342776},
      {"/?X-Amz-Algorith", "X", "", reason::kMissingToken, "", 2088342776},
      {"/?X-Amz-Credential=a&X-Amz-Signature=b&X-Amz-SignedHeaders=c&X-Amz-Date=d", "", "", reason::kMissingToken, "",
       2088342776},
      {"/", "Bearer x", "", reason::kMissingToken, "", 2088342776},
      {"/?X-Amz-Algorithm", "X", "", reason::kInvalidSignature, "", 2139606068},
      {"/", "AWS4-", "", reason::kIncompleteSignature, "", 1828866742},
      {"/", "AWS4- Signature=b Credential=a", "a", reason::kIncompleteSignature, "", 15336762},
      {"/", "AWS4- Signature=b,Credential=a", "a", reason::kIncompleteSignature, "", 1159703774},
      {"/", "AWS4- Signature=b, Credential=a", "a", reason::kIncompleteSignature, "", 164353342},
      {"/?X-Amz-Algorithm", "", "", reason::kIncompleteSignature, "", 2900502663},
      {"/?X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-Date=d", "", "", reason::kIncompleteSignature,
       "", 3712057481},
      {"/", wrong, "a", reason::kIncompleteSignature, "'Credential' not a valid key=value pair (missing equal-sign)"},
      {"/", "AWS4-HMAC-SHA25 Signature=b, SignedHeaders=c, Credential=a/b/c/d/e", "a", reason::kIncompleteSignature,
       "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA25' (only AWS4-HMAC-SHA256 for now). "},
      {"/", wrong + "=a/b/c/d", "a", reason::kIncompleteSignature,
       "exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b/c/d'"},
      {"/", wrong + "=////", "a", reason::kIncompleteSignature, "exactly 5"},
      {"/", wrong + "=a/b/c:d/e/f", "a", reason::kInvalidSignature,
       "Credential should be scoped to a valid region, not 'c:d'. "},
      {"/", wrong + "=a/b//e/f", "a", reason::kInvalidSignature, "valid region, not ''"},
      {"/", wrong + "=a/b/" + std::string(33, 'r') + "/e/f", "a", reason::kInvalidSignature, "valid region"},
      {"/?X-Amz-Algorithm=a&X-Amz-Credential=%2%%zz&X-Amz-Signature=c&X-Amz-Date=d&X-Amz-SignedHeaders=e", "", "",
       reason::kIncompleteSignature, "exactly 5"},
  };
  for (const Case& c : cases) {
    const auto caller = CallerOf(Post(c.target, c.authorization, c.date), kHome);
    ASSERT_FALSE(caller.ok()) << c.authorization;
    EXPECT_EQ(caller.error().reason(), c.reason) << c.authorization << c.target;
    EXPECT_THAT(caller.error().message(), HasSubstr(c.message));
    if (c.crc == 0) continue;
    const std::string body = RefusalResponse(caller.error()).body;
    EXPECT_EQ(crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size()), c.crc) << body;
  }
}

}  // namespace
}  // namespace millrace::aws
