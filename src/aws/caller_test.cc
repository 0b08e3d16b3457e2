// Caller: account, region and service of signed and presigned requests; AWS's words for what is not one.
#include "aws/caller.h"

#include <gtest/gtest.h>

namespace millrace::aws {
namespace {

const Home kHome{"000000000000", "us-east-1"};

Result<Caller> Signed(std::string_view authorization) {
  http::Request request;
  request.target = "/";
  if (!authorization.empty()) request.headers.Add("authorization", authorization);
  return CallerOf(request, kHome);
}

TEST(Caller, ReadsTheCredentialScope) {
  const auto caller = Signed(
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/dynamodb/aws4_request, "
      "SignedHeaders=host;x-amz-date, Signature=abc");
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ(caller->account, "000000000000");
  EXPECT_EQ(caller->region, "eu-west-1");
}

TEST(Caller, AnAccessKeyOfTwelveDigitsIsTheAccount) {
  const auto caller = Signed(
      "AWS4-HMAC-SHA256 "
      "Credential=123456789012/20260101/eu-west-1/dynamodb/aws4_request,SignedHeaders=host,Signature=a");
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ(caller->account, "123456789012");
}

TEST(Caller, ReadsPresignedQueries) {
  http::Request request;
  request.target =
      "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20260101%2Fap-south-1%2Fsqs%2Faws4_request";
  const auto caller = CallerOf(request, kHome);
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ(caller->region, "ap-south-1");
  EXPECT_EQ(caller->service, "sqs");
}

TEST(Caller, SaysWhatIsMissing) {
  EXPECT_EQ(Signed("").error().reason(), reason::kMissingToken);
  for (const std::string_view text :
       {"Bearer x", "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=h, Signature=s",
        "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=h",
        "AWS4-HMAC-SHA256 Credential=a/20260101/bad region/dynamodb/aws4_request, SignedHeaders=h, Signature=s"}) {
    const auto caller = Signed(text);
    ASSERT_FALSE(caller.ok()) << text;
    EXPECT_EQ(caller.error().reason(), reason::kIncompleteSignature) << text;
  }
}

}  // namespace
}  // namespace millrace::aws
