// Documentation is executed: every configuration in docs/, README.md and examples/ parses without an error, and those
// in docs and README without a warning.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "config/parse.h"
#include "config/schemas.h"

namespace millrace::config {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> FilesUnder(const fs::path& directory, std::string_view extension) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    if (entry.path().extension() == extension) files.push_back(entry.path());
  return files;
}

struct Block {
  std::string text;
  std::size_t line = 0;  // of its first line
};

// The ```yaml blocks of a Markdown text that begin with `version:` (after comments).
std::vector<Block> Configurations(std::string_view markdown) {
  std::vector<Block> blocks;
  std::size_t number = 0;
  bool inside = false;
  while (!markdown.empty()) {
    const std::size_t end = std::min(markdown.find('\n'), markdown.size() - 1);
    const std::string_view line = markdown.substr(0, end + 1);
    markdown.remove_prefix(end + 1);
    ++number;
    if (inside && line.starts_with("```")) {
      inside = false;
      const std::string& text = blocks.back().text;
      std::size_t at = 0;
      while (text.substr(at, 1) == "#") at = text.find('\n', at) + 1;
      if (!text.substr(at).starts_with("version:")) blocks.pop_back();
    } else if (inside) {
      blocks.back().text += line;
    } else if (line.starts_with("```yaml")) {
      inside = true;
      blocks.push_back({{}, number + 1});
    }
  }
  return blocks;
}

TEST(Examples, EveryConfigurationInTheDocumentsIsGood) {
  std::vector<fs::path> pages = FilesUnder(MILLRACE_SOURCE_DIR "/docs", ".md");
  if (fs::exists(MILLRACE_SOURCE_DIR "/README.md")) pages.emplace_back(MILLRACE_SOURCE_DIR "/README.md");
  std::size_t blocks = 0;
  for (const fs::path& page : pages) {
    for (const Block& block : Configurations(ReadFile(page))) {
      ++blocks;
      const ParseOutcome outcome = Parse(page.filename().string(), block.text);
      for (const Diagnostic& d : outcome.diagnostics)
        ADD_FAILURE() << "in the block that begins at line " << block.line << "\n" << RenderText(d, block.text, false);
    }
  }
  EXPECT_GE(blocks, 5u) << "the reference page alone has more";
}

TEST(Examples, EveryExampleIsGood) {
  std::size_t files = 0;
  for (const fs::path& path : FilesUnder(MILLRACE_SOURCE_DIR "/examples", ".yaml")) {
    if (path.filename() != "millrace.yaml") continue;
    ++files;
    const std::string text = ReadFile(path);
    ParseOutcome outcome = Parse(path.string(), text);
    LoadSchemas(path.string(), path.parent_path().string(), outcome);
    for (const Diagnostic& d : outcome.diagnostics) ADD_FAILURE() << RenderText(d, text, false);
  }
  EXPECT_GE(files, 1u);
}

TEST(Examples, TheEmitterRoutesPhoneChangesToItsEndpoint) {
  const ParseOutcome outcome = Parse("millrace.yaml", ReadFile(MILLRACE_SOURCE_DIR "/examples/emitter/millrace.yaml"));
  ASSERT_TRUE(outcome.config);
  const Config& config = *outcome.config;
  ASSERT_EQ(config.tables.size(), 1u);
  EXPECT_EQ(config.tables[0].name, "user-table");
  EXPECT_EQ(config.tables[0].stream, StreamView::kNewAndOldImages);
  ASSERT_EQ(config.pipes.size(), 1u);
  EXPECT_EQ(config.pipes[0].format, Format::kCrud);
  ASSERT_EQ(config.rules.size(), 1u);
  EXPECT_EQ(config.rules[0].match->json,
            R"({"source":["user-table"],"detail-type":["MODIFY"],"detail":{"UpdatedFields":["phone-number"]}})");
  ASSERT_EQ(config.targets.size(), 1u);
  EXPECT_EQ(std::get<HttpTarget>(config.targets[0].to).url, "http://127.0.0.1:8099/phone-changed");
}

}  // namespace
}  // namespace millrace::config
