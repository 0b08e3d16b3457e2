// Proves that ARNs survive being taken apart and put together, and that what is none is refused with a reason.
#include "aws/arn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::aws {
namespace {

TEST(Arn, IsTakenApartAndPutTogether) {
  for (const std::string text : {
           "arn:aws:dynamodb:us-east-1:123456789012:table/orders",
           "arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/2026-01-01T00:00:00.000",
           "arn:aws-cn:sqs:cn-north-1:123456789012:queue.fifo",
           "arn:aws:s3:::bucket/key:with:colons",
       }) {
    const Result<Arn> arn = ParseArn(text);
    ASSERT_TRUE(arn.ok()) << arn.error().message();
    EXPECT_EQ(arn->Render(), text);
  }
  const Arn arn = *ParseArn("arn:aws:dynamodb:us-east-1:123456789012:table/orders/index/by-date");
  EXPECT_EQ(arn.service, "dynamodb");
  EXPECT_EQ(arn.region, "us-east-1");
  EXPECT_EQ(arn.account, "123456789012");
  EXPECT_EQ(arn.ResourcePart(0), "table");
  EXPECT_EQ(arn.ResourcePart(1), "orders");
  EXPECT_EQ(arn.ResourcePart(3), "by-date");
  EXPECT_EQ(arn.ResourcePart(4), "");
}

TEST(Arn, IsRefusedWithAReason) {
  struct Case {
    std::string text, message;
  };
  const Case cases[] = {
      {"", "is not an ARN"},
      {"orders", "is not an ARN"},
      {"arn:aws:dynamodb:us-east-1:123456789012", "is not an ARN"},
      {"urn:aws:dynamodb:us-east-1:123456789012:x", "must begin with 'arn:'"},
      {"arn::dynamodb:us-east-1:123456789012:x", "bad partition"},
      {"arn:aws::us-east-1:123456789012:x", "bad service"},
      {"arn:aws:dynamodb:us east:123456789012:x", "bad region"},
      {"arn:aws:dynamodb:us-east-1:12345:x", "is not 12 digits"},
      {"arn:aws:dynamodb:us-east-1:12345678901x:x", "is not 12 digits"},
      {"arn:aws:dynamodb:us-east-1:123456789012:", "names no resource"},
      {"arn:aws:dynamodb:us-east-1:123456789012:" + std::string(2048, 'x'), "at most 2048"},
  };
  for (const Case& c : cases) {
    const Result<Arn> arn = ParseArn(c.text);
    ASSERT_FALSE(arn.ok()) << c.text;
    EXPECT_EQ(arn.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(arn.error().message(), ::testing::HasSubstr(c.message)) << c.text;
  }
}

TEST(Arn, PartitionFollowsTheRegion) {
  EXPECT_EQ(PartitionOf("us-east-1"), "aws");
  EXPECT_EQ(PartitionOf("cn-north-1"), "aws-cn");
  EXPECT_EQ(PartitionOf("us-gov-west-1"), "aws-us-gov");
}

}  // namespace
}  // namespace millrace::aws
