// Proves what each operation answers, to the letter: every file under testdata/ is a conversation with a fresh service,
// and this driver holds it.
//
// A case is a block of lines, parted from the next by empty lines; # begins a comment line. The first line is the
// operation, the following lines are the request's body, up to the line that begins with the expected status:
//
//   GetItem
//   {"TableName": "t", "Key": {"pk": {"S": "a"}}}
//   200 {"Item": {"pk": {"S": "a"}}}
//
// Expected bodies are compared as JSON, without regard to the order of members; "<any>" stands for any value. An error
// may be written short: 400 ValidationException: the message. Everything else must match exactly.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "api/dynamodb/testing/harness.h"
#include "json/parse.h"

namespace millrace::api::dynamodb {
namespace {

struct Case {
  std::string where;
  std::string operation;
  std::string body;
  int status = 0;
  std::string expected;
};

bool IsStatusLine(const std::string& line) {
  return line.size() >= 4 && std::all_of(line.begin(), line.begin() + 3, [](char c) { return c >= '0' && c <= '9'; }) &&
         line[3] == ' ';
}

std::vector<Case> ReadCases(const std::filesystem::path& file) {
  std::vector<Case> cases;
  std::ifstream in(file);
  std::string line;
  int number = 0;
  bool in_case = false;
  while (std::getline(in, line)) {
    ++number;
    if (line.starts_with('#')) continue;
    if (line.empty()) {
      in_case = false;
      continue;
    }
    if (!in_case) {
      cases.push_back({.where = file.filename().string() + ":" + std::to_string(number),
                       .operation = line,
                       .body = {},
                       .expected = {}});
      in_case = true;
    } else if (cases.back().status == 0 && IsStatusLine(line)) {
      cases.back().status = std::stoi(line.substr(0, 3));
      cases.back().expected = line.substr(4);
    } else if (cases.back().status == 0) {
      cases.back().body += line;
    } else {
      cases.back().expected += line;
    }
  }
  return cases;
}

bool Matches(const json::Value& expected, const json::Value& actual) {
  if (expected.is_string() && expected.string() == "<any>") return true;
  if (expected.type() != actual.type()) return false;
  switch (expected.type()) {
    case json::Type::kNull:
      return true;
    case json::Type::kBool:
      return expected.boolean() == actual.boolean();
    case json::Type::kNumber:
      return expected.number() == actual.number();
    case json::Type::kString:
      return expected.string() == actual.string();
    case json::Type::kArray:
      return std::equal(expected.array().begin(), expected.array().end(), actual.array().begin(), actual.array().end(),
                        Matches);
    case json::Type::kObject:
      break;
  }
  if (expected.object().size() != actual.object().size()) return false;
  for (const json::Member& member : expected.object()) {
    const json::Value* found = actual.Find(member.name);
    if (found == nullptr || !Matches(member.value, *found)) return false;
  }
  return true;
}

bool MatchesShortError(std::string_view expected, const json::Value& actual) {
  const std::size_t colon = expected.find(": ");
  const json::Value* type = actual.Find("__type");
  const json::Value* message = actual.Find("message");
  if (message == nullptr) message = actual.Find("Message");
  if (colon == std::string_view::npos || type == nullptr || message == nullptr || actual.object().size() != 2)
    return false;
  const std::string_view name = type->string().substr(type->string().find('#') + 1);
  return name == expected.substr(0, colon) && message->string() == expected.substr(colon + 2);
}

class CaseTest : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(CaseTest, AnswersAsWritten) {
  const std::vector<Case> cases = ReadCases(GetParam());
  ASSERT_FALSE(cases.empty());
  testing::Harness harness;
  for (const Case& each : cases) {
    const testing::Response response = harness.Call(each.operation, each.body);
    json::Document actual;
    ASSERT_TRUE(actual.Parse(response.body).ok()) << each.where << ": not JSON: " << response.body;
    bool same = false;
    json::Document expected;
    if (each.expected.starts_with('{')) {
      ASSERT_TRUE(expected.Parse(each.expected).ok()) << each.where << ": the expectation is not JSON";
      same = Matches(expected.root(), actual.root());
    } else {
      same = MatchesShortError(each.expected, actual.root());
    }
    EXPECT_TRUE(same && response.status == each.status)
        << each.where << "\n  expected: " << each.status << " " << each.expected << "\n  answered: " << response.status
        << " " << response.body;
  }
}

std::vector<std::filesystem::path> Files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(MILLRACE_SOURCE_DIR "/src/api/dynamodb/testdata"))
    if (entry.path().extension() == ".case") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

INSTANTIATE_TEST_SUITE_P(Files, CaseTest, ::testing::ValuesIn(Files()),
                         [](const auto& param) { return param.param.stem().string(); });

}  // namespace
}  // namespace millrace::api::dynamodb
