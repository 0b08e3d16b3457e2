// A schedule as the API is told it fires when it should, and no more; what is stored comes back as it was.
#include "api/scheduler/record.h"

#include <gtest/gtest.h>

#include "base/timestamp.h"

namespace millrace::api::scheduler {
namespace {

constexpr std::int64_t kNoon = 1'767'268'800'000;  // 2026-01-01T12:00:00Z
constexpr std::int64_t kHour = 3'600'000;

ScheduleRecord Of(const std::string& expression) {
  return {.name = "s",
          .expression = expression,
          .target = R"({"Arn":"arn:aws:lambda:us-east-1:000000000000:function:f","RoleArn":"r","Input":"hello"})",
          .flexible_window = R"({"Mode":"OFF"})",
          .start_ms = {},
          .end_ms = {},
          .created_ms = kNoon,
          .modified_ms = kNoon};
}

std::vector<std::int64_t> Times(const ScheduleRecord& record, std::int64_t after, std::size_t count_max = 5) {
  const auto order = Runnable(record, "arn");
  EXPECT_TRUE(order.ok()) << (order.ok() ? "" : order.error().message());
  std::vector<std::int64_t> times;
  for (auto time = order->next(after); time && times.size() < count_max; time = order->next(*time))
    times.push_back((*time - kNoon) / 1000);
  return times;
}

using Seconds = std::vector<std::int64_t>;

TEST(ScheduleRecord, FiresWhenItShould) {
  EXPECT_EQ(Times(Of("at(2026-01-01T12:00:05)"), kNoon - 1), Seconds{5});
  EXPECT_EQ(Times(Of("at(2026-01-01T12:00:05)"), kNoon + 5000), Seconds{});
  EXPECT_EQ(Times(Of("rate(1 hour)"), kNoon - 1, 3), (Seconds{0, 3600, 7200})) << "it begins when it is made";
  EXPECT_EQ(Times(Of("rate(1 hour)"), kNoon + 10 * kHour, 1), Seconds{11 * 3600});
  EXPECT_EQ(Times(Of("cron(30 12 * * ? *)"), kNoon, 2), (Seconds{1800, 1800 + 86'400}));
}

TEST(ScheduleRecord, KeepsToItsDates) {
  ScheduleRecord record = Of("rate(1 hour)");
  record.start_ms = kNoon + kHour / 2;
  record.end_ms = kNoon + 2 * kHour;
  EXPECT_EQ(Times(record, kNoon - 1), (Seconds{1800, 5400}));
  record.expression = "cron(0 * * * ? *)";
  EXPECT_EQ(Times(record, kNoon - 1), (Seconds{3600, 7200}));
  record.end_ms = record.start_ms;
  EXPECT_FALSE(Runnable(record, "arn").ok());
}

TEST(ScheduleRecord, GoesByTheClockOfItsZone) {
  const auto expect = [](ScheduleRecord record, std::string_view after, std::vector<std::string_view> fires) {
    record.timezone = "Europe/Berlin";
    Seconds expected;
    for (const std::string_view time : fires) expected.push_back((*ParseTimestamp(time) - kNoon) / 1000);
    EXPECT_EQ(Times(record, *ParseTimestamp(after), static_cast<int>(fires.size())), expected) << after;
  };
  // On 29 March there is no half past two; on 25 October there are two, and it fires at the first.
  expect(Of("cron(30 2 * * ? *)"), "2026-03-27T12:00:00Z",
         {"2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"});
  expect(Of("cron(30 2 * * ? *)"), "2026-10-24T12:00:00Z", {"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"});
  expect(Of("cron(30 2 * * ? *)"), "2026-10-25T01:00:00Z", {"2026-10-26T01:30:00Z"});
  expect(Of("at(2026-07-01T09:00:00)"), "2026-06-01T00:00:00Z", {"2026-07-01T07:00:00Z"});
  expect(Of("rate(1 hour)"), "2026-01-01T11:59:00Z", {"2026-01-01T12:00:00Z"});
}

TEST(ScheduleRecord, HasNoNextTimeWhenItIsOff) {
  ScheduleRecord record = Of("rate(1 hour)");
  record.state = "DISABLED";
  EXPECT_EQ(Runnable(record, "arn")->next, nullptr);
}

TEST(ScheduleRecord, RefusesWhatItCannotDo) {
  for (const char* bad : {"", "at()", "at(2026-02-30T00:00:00)", "at(2026-01-01T12:00:05Z)", "rate(0 hours)",
                          "rate(1 hours)", "cron(0 0 * * * *)", "every day"})
    EXPECT_EQ(Runnable(Of(bad), "arn").error().message(), fmt::format("Invalid Schedule Expression {}.", bad));
  ScheduleRecord record = Of("rate(1 hour)");
  record.timezone = "Mars/Olympus";
  EXPECT_NE(Runnable(record, "arn").error().message().find("Mars/Olympus"), std::string::npos);
  record.timezone = "UTC";
  EXPECT_TRUE(Runnable(record, "arn").ok());
  record.target = R"({"Arn":"arn:aws:events:us-east-1:000000000000:event-bus/b","RoleArn":"r","Input":"[1]",
      "EventBridgeParameters":{"Source":"a","DetailType":"b"}})";
  EXPECT_NE(Runnable(record, "arn").error().message().find("JSON object"), std::string::npos);
}

TEST(ScheduleRecord, ComesBackAsItWas) {
  ScheduleRecord record = Of("rate(1 hour)");
  record.start_ms = 5;
  const auto back = ScheduleRecord::Decode(record.Encode());
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->Encode(), record.Encode());
  EXPECT_EQ(back->start_ms, 5);
  EXPECT_FALSE(back->end_ms);
  EXPECT_EQ(GroupRecord::Decode(GroupRecord{.name = "g", .tags = {{"a", "b"}}}.Encode())->tags.size(), 1u);
}

}  // namespace
}  // namespace millrace::api::scheduler
