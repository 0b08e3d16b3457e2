// Proves that every error code and every reason has a name on the wire, and which.
#include "api/dynamodb/error_map.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "api/dynamodb/reply.h"
#include "engine/engine.h"
#include "model/dynamodb_json.h"

namespace millrace::api::dynamodb {
namespace {

constexpr ErrorCode kCodes[] = {
    ErrorCode::kInvalidArgument,   ErrorCode::kNotFound,    ErrorCode::kAlreadyExists, ErrorCode::kFailedPrecondition,
    ErrorCode::kResourceExhausted, ErrorCode::kUnavailable, ErrorCode::kTimeout,       ErrorCode::kCancelled,
    ErrorCode::kCorruption,        ErrorCode::kIo,          ErrorCode::kUnimplemented, ErrorCode::kInternal};

TEST(ErrorMap, HasARowForEveryCode) {
  for (const ErrorCode code : kCodes) {
    const aws::WireError& wire = aws::FindWireError(WireErrors(), Error(code, {}, "text"));
    EXPECT_EQ(wire.code, code);
    EXPECT_TRUE(wire.reason.empty());
    EXPECT_FALSE(wire.type.empty());
  }
}

TEST(ErrorMap, HasARowForEveryReason) {
  for (const std::string_view reason :
       {model::reason::kSerialization, aws::reason::kUnknownOperation, engine::reason::kTableNotFound,
        engine::reason::kTableExists, engine::reason::kDeletionProtected, engine::reason::kStreamNotFound,
        engine::reason::kStreamState, engine::reason::kTrimmed, engine::reason::kTokenMismatch,
        engine::reason::kOverloaded, engine::reason::kStopped})
    EXPECT_EQ(aws::FindWireError(WireErrors(), Error(ErrorCode::kInternal, reason, "text")).reason, reason);
}

TEST(ErrorMap, NamesEachReasonAndEachCodeOnce) {
  std::set<std::string_view> reasons;
  std::set<ErrorCode> codes;
  for (const aws::WireError& row : WireErrors()) {
    EXPECT_TRUE(row.reason.empty() ? codes.insert(row.code).second : reasons.insert(row.reason).second) << row.reason;
    EXPECT_TRUE(row.status == 400 || row.status == 500);
    EXPECT_NE(row.type.find('#'), std::string_view::npos);
  }
  EXPECT_EQ(codes.size(), std::size(kCodes));
}

TEST(ErrorMap, TellsClientsNothingAboutOurOwnFailures) {
  const Reply reply = RenderError(Error(ErrorCode::kIo, {}, "/var/lib/secret: no space left"));
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(reply.body.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace millrace::api::dynamodb
