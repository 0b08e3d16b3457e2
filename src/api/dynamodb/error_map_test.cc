// Proves that every error code and every reason has a name on the wire, and which.
#include "api/dynamodb/error_map.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "api/dynamodb/reply.h"
#include "engine/engine.h"
#include "json/parse.h"
#include "model/dynamodb_json.h"

namespace millrace::api::dynamodb {
namespace {

constexpr ErrorCode kCodes[] = {
    ErrorCode::kInvalidArgument,   ErrorCode::kNotFound,    ErrorCode::kAlreadyExists, ErrorCode::kFailedPrecondition,
    ErrorCode::kResourceExhausted, ErrorCode::kUnavailable, ErrorCode::kTimeout,       ErrorCode::kCancelled,
    ErrorCode::kCorruption,        ErrorCode::kIo,          ErrorCode::kUnimplemented, ErrorCode::kInternal};

TEST(ErrorMap, HasARowForEveryCode) {
  for (const ErrorCode code : kCodes) {
    const WireError& wire = FindWireError(Error(code, {}, "text"));
    EXPECT_EQ(wire.code, code);
    EXPECT_TRUE(wire.reason.empty());
    EXPECT_FALSE(wire.type.empty());
  }
}

TEST(ErrorMap, HasARowForEveryReason) {
  for (const std::string_view reason :
       {model::reason::kSerialization, reason::kUnknownOperation, engine::reason::kTableNotFound,
        engine::reason::kTableExists, engine::reason::kDeletionProtected, engine::reason::kStreamNotFound,
        engine::reason::kStreamState, engine::reason::kTrimmed, engine::reason::kTokenMismatch,
        engine::reason::kOverloaded, engine::reason::kStopped})
    EXPECT_EQ(FindWireError(Error(ErrorCode::kInternal, reason, "text")).reason, reason);
}

TEST(ErrorMap, FallsBackToTheCodeForAReasonItDoesNotKnow) {
  const WireError& wire = FindWireError(Error(ErrorCode::kNotFound, "SomethingElse", "text"));
  EXPECT_EQ(wire.code, ErrorCode::kNotFound);
  EXPECT_TRUE(wire.reason.empty());
}

TEST(ErrorMap, NamesEachReasonAndEachCodeOnce) {
  std::set<std::string_view> reasons;
  std::set<ErrorCode> codes;
  for (const WireError& row : WireErrors()) {
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

TEST(ErrorMap, RendersTextsThatNeedEscapes) {
  const Reply reply = RenderError(InvalidArgument("a \"quoted\" \n text"));
  json::Document document;
  ASSERT_TRUE(document.Parse(reply.body).ok());
  EXPECT_EQ(document.root().Find("message")->string(), "a \"quoted\" \n text");
  EXPECT_EQ(document.root().Find("__type")->string(), "com.amazon.coral.validate#ValidationException");
}

}  // namespace
}  // namespace millrace::api::dynamodb
