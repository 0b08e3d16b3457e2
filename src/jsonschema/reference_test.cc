// docs/reference/schemas.md: each of its examples is accepted or rejected as the page says, for the reason that it
// gives.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/check.h"
#include "jsonschema/schema.h"

namespace millrace::jsonschema {
namespace {

TEST(Reference, EveryExampleIsTrue) {
  std::ifstream file(MILLRACE_SOURCE_DIR "/docs/reference/schemas.md");
  ASSERT_TRUE(file);
  std::string line;
  std::string block;  // what the block that we are in begins with, or nothing
  std::string text;
  std::shared_ptr<const Schema> schema;
  std::optional<std::string> wrong;
  std::size_t cases = 0;
  while (std::getline(file, line)) {
    if (line.starts_with("```")) {
      if (block == "```json") schema = MUST(Schema::Compile(text));
      block = block.empty() ? line : "";
      text.clear();
      continue;
    }
    text += line + "\n";
    if (block != "```schema-cases") continue;
    if (line.starts_with(" ")) {
      ASSERT_TRUE(wrong) << line;
      EXPECT_NE(wrong->find(line.substr(line.find_first_not_of(' '))), std::string::npos) << *wrong << "\n" << line;
      continue;
    }
    ++cases;
    ASSERT_TRUE(line.starts_with("accepts ") || line.starts_with("rejects ")) << line;
    wrong = schema->ValidateText(line.substr(8));
    EXPECT_EQ(wrong.has_value(), line.starts_with("rejects ")) << line << "\n" << wrong.value_or("");
  }
  EXPECT_GE(cases, 16u);
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Reference, EverySchemaOfTheExamplesIsOne) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(MILLRACE_SOURCE_DIR "/examples")) {
    if (!entry.path().string().ends_with(".schema.json")) continue;
    ++files;
    const auto schema = Schema::Compile(ReadFile(entry.path()));
    EXPECT_TRUE(schema.ok()) << entry.path() << ": " << schema.error().message();
  }
  EXPECT_GE(files, 2u);
}

TEST(Reference, TheStrictEventBaseHoldsEventsToTheirConventions) {
  const auto schema =
      MUST(Schema::Compile(ReadFile(MILLRACE_SOURCE_DIR "/examples/eventstore/event-base-strict.schema.json")));
  const auto accepts = [&](std::string_view timestamp, std::string_view type, std::string_view emitter) {
    return !schema->ValidateText(
        fmt::format(R"({{"Timestamp":{},"EventType":"{}","ID":"a","EmitterId":"u","EmitterType":"{}"}})", timestamp,
                    type, emitter));
  };
  EXPECT_TRUE(accepts("1596719980", "EVENT_TEST", "USER"));
  EXPECT_TRUE(accepts("0.5", "A2_B3", "SYSTEM"));
  EXPECT_FALSE(accepts("0", "EVENT_TEST", "USER"));
  EXPECT_FALSE(accepts("1", "event_test", "USER"));
  EXPECT_FALSE(accepts("1", "EVENT__TEST", "USER"));
  EXPECT_FALSE(accepts("1", "EVENT_TEST", "ROBOT"));
}

}  // namespace
}  // namespace millrace::jsonschema
