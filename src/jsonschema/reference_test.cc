// docs/reference/schemas.md: each of its examples is accepted or rejected as the page says, for the reason that it
// gives.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

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

}  // namespace
}  // namespace millrace::jsonschema
