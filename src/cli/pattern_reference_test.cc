// docs/reference/patterns.md: every case on it passes, in its dialect, and every command prints what it says.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace millrace::cli {
namespace {

struct Block {
  std::string kind;  // what stands behind the fence
  std::string text;
};

std::vector<Block> ReadBlocks() {
  std::ifstream file(MILLRACE_SOURCE_DIR "/docs/reference/patterns.md");
  EXPECT_TRUE(file.is_open());
  std::vector<Block> blocks;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({line.substr(3), ""});
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  EXPECT_FALSE(inside);
  return blocks;
}

// Standard output and error.
std::string Output(const std::vector<std::string>& arguments, const std::string& input = {}) {
  std::istringstream in(input);
  std::ostringstream out;
  Io io{in, out, out, false, false, [](std::string_view) { return std::string(); }, ".", {}};
  Run(arguments, io);
  return out.str();
}

// As a shell does, as far as words and single quotes go.
std::vector<std::string> Words(const std::string& line) {
  std::vector<std::string> words(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '\'') {
      quoted = !quoted;
    } else if (c == ' ' && !quoted) {
      words.emplace_back();
    } else {
      words.back().push_back(c);
    }
  }
  return words;
}

TEST(PatternReference, EveryCasePasses) {
  int blocks = 0;
  for (const Block& block : ReadBlocks()) {
    if (!block.kind.starts_with("jsonl")) continue;
    ++blocks;
    const std::string output =
        Output({"pattern", "cases", "-", "--dialect", block.kind == "jsonl aws" ? "aws" : "exact"}, block.text);
    EXPECT_TRUE(output.find(" passed, 0 failed\n") != std::string::npos) << output << "of\n" << block.text;
  }
  EXPECT_GE(blocks, 9);
}

TEST(PatternReference, EveryCommandPrintsWhatItSays) {
  int commands = 0;
  for (const Block& block : ReadBlocks()) {
    if (block.kind != "console") continue;
    std::string actual;
    std::istringstream lines(block.text);
    for (std::string line; std::getline(lines, line);) {
      constexpr std::string_view kPrompt = "$ millrace ";
      if (!line.starts_with(kPrompt)) continue;
      actual += line + "\n" + Output(Words(line.substr(kPrompt.size())));
      ++commands;
    }
    EXPECT_EQ(actual, block.text);
  }
  EXPECT_EQ(commands, 3);
}

}  // namespace
}  // namespace millrace::cli
