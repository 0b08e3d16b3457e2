// docs/reference/transforms.md: every example on it is true.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/version.h"
#include "json/parse.h"
#include "json/write.h"
#include "transform/change_event.h"
#include "transform/cloudevents.h"
#include "transform/debezium.h"
#include "transform/envelope.h"
#include "transform/schedule.h"
#include "transform/testing/changes.h"
#include "transform/testing/template_cases.h"

namespace millrace::transform {
namespace {

// The texts of the blocks whose fence says `kind`.
std::vector<std::string> ReadBlocks(const std::string& kind) {
  std::ifstream file(MILLRACE_SOURCE_DIR "/docs/reference/transforms.md");
  EXPECT_TRUE(file.is_open());
  std::vector<std::string> blocks;
  bool inside = false;
  bool wanted = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      wanted = inside && line.substr(3) == kind;
      if (wanted) blocks.emplace_back();
    } else if (wanted) {
      blocks.back() += line + "\n";
    }
  }
  EXPECT_FALSE(inside);
  return blocks;
}

TEST(TransformReference, EveryTemplateGivesWhatItSays) {
  std::size_t count = 0;
  for (const std::string& block : ReadBlocks("transform")) {
    for (const auto& test : testing::ReadTemplateCases(block)) {
      testing::RunTemplateCase(test);
      ++count;
    }
  }
  EXPECT_GE(count, 12U);
}

std::string Compact(const std::string& text) {
  json::Document document;
  EXPECT_TRUE(document.Parse(text).ok()) << text;
  std::string out;
  json::AppendValue(out, document.root());
  return out;
}

// What the page shows as `format`.
std::string Shown(const std::string& format) {
  const auto blocks = ReadBlocks("format " + format);
  EXPECT_EQ(blocks.size(), 1U) << format;
  return blocks.empty() ? std::string() : Compact(blocks[0]);
}

TEST(TransformReference, EveryFormatLooksAsShown) {
  const model::Change change =
      testing::ChangeOf(R"({"id":{"S":"o-1"},"total":{"N":"10"}})", R"({"id":{"S":"o-1"},"total":{"N":"12.50"}})");
  EXPECT_EQ(MakeChangeEvent("orders", change)->detail, Shown("crud"));

  std::string cloud_event;
  AppendCloudEvent(cloud_event, CloudEventOfChange(
                                    change, {.event_id = "c9c1",
                                             .sequence_number = "100000000000000000042",
                                             .table_arn = "arn:aws:dynamodb:eu-central-1:000000000000:table/orders"}));
  EXPECT_EQ(cloud_event, Shown("cloudevents"));

  std::string debezium;
  ASSERT_TRUE(AppendDebeziumValue(debezium, change,
                                  {.region = "eu-central-1",
                                   .table = "orders",
                                   .sequence_number = "100000000000000000042",
                                   .processed_ms = 1'767'225'601'003})
                  .ok());
  std::string shown = Shown("debezium");
  const std::size_t version = shown.find("VERSION");
  ASSERT_NE(version, std::string::npos);
  EXPECT_EQ(debezium, shown.replace(version, 7, ProgramVersion()));
}

TEST(TransformReference, EveryScheduleFiresWhenItSays) {
  constexpr std::int64_t kStart = 1'767'225'600'000;  // 2026-01-01
  std::size_t count = 0;
  for (const std::string& block : ReadBlocks("schedule")) {
    std::istringstream lines(block);
    for (std::string line; std::getline(lines, line); ++count) {
      const std::size_t end = line.find(')') + 1;
      const auto schedule = Schedule::Parse(line.substr(0, end), kStart);
      ASSERT_TRUE(schedule.ok()) << schedule.error().message();
      std::int64_t after = kStart;
      std::istringstream times(line.substr(end));
      for (std::string time; times >> time;) {
        const auto next = schedule->Next(after);
        ASSERT_TRUE(next) << line;
        EXPECT_EQ(FormatTime(*next).substr(0, 16), time) << line;
        after = *next;
      }
      EXPECT_NE(after, kStart) << line;
    }
  }
  EXPECT_GE(count, 8U);
}

}  // namespace
}  // namespace millrace::transform
