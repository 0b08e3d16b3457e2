// Pattern and Matcher against recorded answers of AWS: every case matches, does not match or is refused as the service
// did, in the same words and, where recorded, with the same position.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "json/parse.h"
#include "pattern/matcher.h"
#include "pattern/pattern.h"

namespace millrace::pattern {
namespace {

constexpr std::string_view kReason = "Event pattern is not valid. Reason: ";

std::ifstream Open(std::string_view name) {
  std::ifstream file(fmt::format("{}/tests/data/patterns/{}", MILLRACE_SOURCE_DIR, name));
  EXPECT_TRUE(file.is_open()) << name;
  return file;
}

std::vector<std::string> Split(const std::string& line) {
  std::vector<std::string> parts{""};
  for (const char c : line) {
    if (c == '\t') {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts;
}

// As Python's json.dumps writes it: a space after each comma and colon that is not in a string.
std::string Spaced(std::string_view compact) {
  std::string out;
  bool in_string = false;
  for (std::size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[i];
    out.push_back(c);
    if (in_string && c == '\\') {
      out.push_back(compact[++i]);
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == ',' || c == ':')) {
      out.push_back(' ');
    }
  }
  return out;
}

TEST(RecordedPatterns, MatchAsTheServiceDid) {
  std::map<std::string, std::string> messages;
  std::string line;
  for (std::ifstream file = Open("aws-validated-errors.tsv"); std::getline(file, line);) {
    const std::vector<std::string> parts = Split(line);
    ASSERT_EQ(parts.size(), 2u);
    messages[parts[0]] = parts[1];
  }
  int cases = 0;
  std::size_t refused = 0;
  json::Document record;
  json::Document event;
  for (std::ifstream file = Open("aws-validated-cases.jsonl"); std::getline(file, line); ++cases) {
    ASSERT_TRUE(record.Parse(line).ok());
    const std::string name(record.root().Find("n")->string());
    SCOPED_TRACE(name);
    const std::string_view text = record.root().Find("r")->string();
    ASSERT_TRUE(event.Parse(record.root().Find("e")->string()).ok());
    ParseFailure failure;
    const Result<Pattern> pattern = Pattern::Parse(text, &failure);
    const json::Value* match = record.root().Find("match");
    if (match == nullptr) {
      ++refused;
      ASSERT_FALSE(pattern.ok());
      ASSERT_TRUE(messages.contains(name));
      EXPECT_EQ(std::string(kReason) + failure.reason, messages[name]);
      EXPECT_TRUE(pattern.error().message().starts_with(failure.reason));
    } else {
      ASSERT_TRUE(pattern.ok()) << pattern.error().message();
      EXPECT_EQ(pattern->Matches(event.root()), match->boolean()) << text;
      Matcher matcher;
      ASSERT_TRUE(matcher.Add(7, *pattern).ok());
      for (const Reading reading : {Reading::kWhole, Reading::kEarlyStop}) {
        MatchReader reader(matcher, reading);
        const auto matched = reader.Match(record.root().Find("e")->string());
        ASSERT_TRUE(matched.ok()) << matched.error().message();
        EXPECT_EQ(matched->size(), match->boolean() ? 1u : 0u) << text;
      }
    }
  }
  EXPECT_EQ(cases, 155);
  EXPECT_EQ(refused, messages.size());
}

TEST(RecordedPatterns, AreRefusedAtTheRecordedPlace) {
  std::map<std::string, std::pair<unsigned, unsigned>> places;  // column, repeats
  std::string line;
  for (std::ifstream file = Open("aws-validated-error-positions.tsv"); std::getline(file, line);) {
    const std::vector<std::string> parts = Split(line);
    ASSERT_EQ(parts.size(), 3u);
    places[parts[0]] = {static_cast<unsigned>(std::stoul(parts[1])), static_cast<unsigned>(std::stoul(parts[2]))};
  }
  EXPECT_EQ(places.size(), 33u);
  json::Document record;
  for (std::ifstream file = Open("aws-validated-cases.jsonl"); std::getline(file, line);) {
    ASSERT_TRUE(record.Parse(line).ok());
    const auto found = places.find(std::string(record.root().Find("n")->string()));
    if (found == places.end()) continue;
    SCOPED_TRACE(found->first);
    const auto [column, repeats] = found->second;
    places.erase(found);
    const std::string text = Spaced(record.root().Find("r")->string());
    ParseFailure failure;
    const Result<Pattern> pattern = Pattern::Parse(text, &failure);
    ASSERT_FALSE(pattern.ok());
    EXPECT_EQ(failure.column, column);
    EXPECT_EQ(failure.line, column == 0 ? 0u : 1u);
    std::string expected = failure.reason;
    for (unsigned i = 0; i < repeats; ++i) {
      expected += fmt::format("\n at [Source: (String)\"{}\"; line: 1, column: {}]", text, column);
    }
    EXPECT_EQ(pattern.error().message(), expected);
  }
  EXPECT_TRUE(places.empty());
}

TEST(RecordedPatterns, BenchmarkRulesParse) {
  std::string line;
  int rules = 0;
  for (std::ifstream file = Open("rules.tsv"); std::getline(file, line);) {
    const std::size_t tab = line.find('\t');
    ASSERT_NE(tab, std::string::npos);
    const Result<Pattern> pattern = Pattern::Parse(line.substr(tab + 1));
    EXPECT_TRUE(pattern.ok()) << line << ": " << pattern.error().message();
    ++rules;
  }
  EXPECT_EQ(rules, 155);
}

}  // namespace
}  // namespace millrace::pattern
