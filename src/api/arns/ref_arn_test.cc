// What is named by an ARN is found by it, and every kind of resource has one.
#include "api/arns/ref_arn.h"

#include <gtest/gtest.h>

namespace millrace::api {
namespace {

using config::RefKind;

TEST(RefArn, NamesEveryKindBothWays) {
  const aws::Home home{"000000000000", "us-east-1"};
  for (const RefKind kind : {RefKind::kBus, RefKind::kTarget, RefKind::kTable, RefKind::kQueue, RefKind::kFunction}) {
    const config::Ref ref{kind, "a.b-c", {}};
    const auto back = RefOfArn(ArnOfRef(home, ref));
    ASSERT_TRUE(back.ok()) << ArnOfRef(home, ref);
    EXPECT_EQ(back->ToString(), ref.ToString());
  }
}

TEST(RefArn, TakesLongerOnes) {
  EXPECT_EQ(RefOfArn("arn:aws:lambda:r:000000000000:function:f:$LATEST")->ToString(), "function/f");
  EXPECT_EQ(RefOfArn("arn:aws:events:r:000000000000:api-destination/d/1-2")->ToString(), "target/d");
  EXPECT_EQ(RefOfArn("arn:aws:dynamodb:r:000000000000:table/t/stream/2026-01-01T00:00:00.000")->ToString(), "table/t");
}

TEST(RefArn, TellsWhatIsNoneFromWhatIsNotKnown) {
  EXPECT_EQ(RefOfArn("nonsense").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(RefOfArn("arn:aws:logs:r:000000000000:log-group:g").error().code(), ErrorCode::kUnimplemented);
  EXPECT_EQ(RefOfArn("arn:aws:events:r:000000000000:event-bus").error().code(), ErrorCode::kUnimplemented);
}

}  // namespace
}  // namespace millrace::api
