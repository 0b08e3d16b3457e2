// Proves how an Error is found in a service's table and what its answer looks like.
#include "aws/wire_error.h"

#include <gtest/gtest.h>

#include "json/parse.h"

namespace millrace::aws {
namespace {

constexpr WireError kTable[] = {
    {ErrorCode::kNotFound, "NoTable", 400, "a#NoTable", "No such table"},
    {ErrorCode::kInvalidArgument, "Unreadable", 400, "a#Unreadable", {}, "Message"},
    {ErrorCode::kNotFound, {}, 404, "a#NotFound", {}},
    {ErrorCode::kInvalidArgument, {}, 400, "a#Invalid", {}},
    {ErrorCode::kIo, {}, 500, "a#Server", "It failed"},
};

json::Document Parsed(const JsonReply& reply) {
  json::Document document;
  EXPECT_TRUE(document.Parse(reply.body).ok()) << reply.body;
  return document;
}

TEST(WireError, AReasonDecidesBeforeACode) {
  EXPECT_EQ(FindWireError(kTable, Error(ErrorCode::kNotFound, "NoTable", "text")).type, "a#NoTable");
  EXPECT_EQ(FindWireError(kTable, Error(ErrorCode::kIo, "NoTable", "text")).type, "a#NoTable");
  EXPECT_EQ(FindWireError(kTable, Error(ErrorCode::kNotFound, "Unknown", "text")).type, "a#NotFound");
  EXPECT_EQ(FindWireError(kTable, Error(ErrorCode::kNotFound, {}, "text")).type, "a#NotFound");
}

TEST(WireError, CarriesItsOwnTextUnlessTheTableHasOne) {
  const JsonReply own = RenderError(kTable, "test", Error(ErrorCode::kInvalidArgument, {}, "a \"quoted\" \n text"));
  EXPECT_EQ(own.status, 400);
  EXPECT_EQ(Parsed(own).root().Find("message")->string(), "a \"quoted\" \n text");
  EXPECT_EQ(Parsed(own).root().Find("__type")->string(), "a#Invalid");
  const JsonReply fixed = RenderError(kTable, "test", Error(ErrorCode::kIo, {}, "/var/lib/secret: no space left"));
  EXPECT_EQ(fixed.status, 500);
  EXPECT_EQ(Parsed(fixed).root().Find("message")->string(), "It failed");
}

TEST(WireError, NamesTheMemberThatTheTableNames) {
  const JsonReply reply = RenderError(kTable, "test", Error(ErrorCode::kInvalidArgument, "Unreadable", "text"));
  EXPECT_EQ(Parsed(reply).root().Find("Message")->string(), "text");
  EXPECT_EQ(Parsed(reply).root().Find("message"), nullptr);
}

}  // namespace
}  // namespace millrace::aws
