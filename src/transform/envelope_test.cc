// Envelope: EventBridge's keys in EventBridge's order, times in whole seconds.
#include "transform/envelope.h"

#include <gtest/gtest.h>

#include <vector>

namespace millrace::transform {
namespace {

TEST(Envelope, HasTheKeysInOrder) {
  std::string out;
  AppendEnvelope(out, {.id = "9b1f8c1e-0000-4000-8000-000000000000",
                       .detail_type = "MODIFY",
                       .source = "user-table",
                       .account = "000000000000",
                       .time_ms = 1'767'225'600'999,
                       .region = "eu-central-1",
                       .detail = R"({"n":1.50})"});
  EXPECT_EQ(
      out, R"({"version":"0","id":"9b1f8c1e-0000-4000-8000-000000000000","detail-type":"MODIFY","source":"user-table",)"
           R"("account":"000000000000","time":"2026-01-01T00:00:00Z","region":"eu-central-1","resources":[],)"
           R"("detail":{"n":1.50}})");
}

TEST(Envelope, NamesTheReplayAndTheResources) {
  const std::vector<std::string> resources{"arn:a", "arn:\"b\""};
  std::string out = "[";
  AppendEnvelope(out, {.id = "i", .region = "r", .replay_name = "again", .resources = resources, .detail = "{}"});
  EXPECT_EQ(out, R"([{"version":"0","id":"i","detail-type":"","source":"","account":"","time":"1970-01-01T00:00:00Z",)"
                 R"("region":"r","replay-name":"again","resources":["arn:a","arn:\"b\""],"detail":{}})");
}

TEST(FormatTime, RoundsDownAndKnowsTheCalendar) {
  EXPECT_EQ(FormatTime(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FormatTime(-1), "1969-12-31T23:59:59Z");
  EXPECT_EQ(FormatTime(951'782'399'999), "2000-02-28T23:59:59Z");
  EXPECT_EQ(FormatTime(951'782'400'000), "2000-02-29T00:00:00Z");
  EXPECT_EQ(FormatTimeMillis(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatTimeMillis(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(FormatTimeMillis(951'782'400'007), "2000-02-29T00:00:00.007Z");
  EXPECT_EQ(FormatTime(4'102'444'799'000), "2099-12-31T23:59:59Z");
}

}  // namespace
}  // namespace millrace::transform
