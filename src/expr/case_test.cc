// Proves what each kind of expression does and which words it fails with: every file under testdata/ is a list of
// cases, and this driver runs them.
//
// A case is a block of "key: rest of line" lines; blocks are parted by empty lines, # begins a comment line. The first
// line is the expression, under the name of its kind:
//
//   condition | filter | key | update | projection: TEXT
//   names: {"#n": "name"}      values: {":v": 1}       schema: pk S, sk N
//   true: ITEM    false: ITEM                          (condition, filter; any number of them)
//   from: ITEM    to: ITEM    old: ITEM    new: ITEM   (update, projection; old and new are UPDATED_OLD and
//   UPDATED_NEW) to: "p" > 5                                        (key: partition, operator, values) error: TEXT
//   (exactly)
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "expr/condition.h"
#include "expr/key_condition.h"
#include "expr/placeholders.h"
#include "expr/projection.h"
#include "expr/testing/notation.h"
#include "expr/update.h"

namespace millrace::expr {
namespace {

using testing::Notation;
using testing::ReadItem;

struct Case {
  std::string where;
  std::vector<std::pair<std::string, std::string>> lines;

  std::optional<std::string> Find(std::string_view key) const {
    for (const auto& [name, text] : lines) {
      if (name == key) return text;
    }
    return std::nullopt;
  }
  model::Item FindItem(std::string_view key) const { return ReadItem(Find(key).value_or("{}")); }
};

std::vector<Case> ReadCases(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<Case> cases;
  std::string line;
  int number = 0;
  bool in_block = false;
  while (std::getline(in, line)) {
    ++number;
    if (line.starts_with('#')) continue;
    if (line.empty()) {
      in_block = false;
      continue;
    }
    if (!in_block) cases.push_back({file.filename().string() + ":" + std::to_string(number), {}});
    in_block = true;
    const std::size_t colon = line.find(':');
    EXPECT_NE(colon, std::string::npos) << cases.back().where;
    if (colon == std::string::npos) continue;
    cases.back().lines.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 2, line.size())));
  }
  return cases;
}

Result<Placeholders> ReadPlaceholders(const Case& c) {
  Placeholders::Names names;
  for (const auto& [key, name] : c.FindItem("names")) names[key] = *name.s();
  return Placeholders::Create(std::move(names), c.FindItem("values"));
}

model::KeySchema ReadSchema(const std::string& text) {
  std::istringstream in(text);
  std::string name;
  std::string type;
  const auto attribute = [&] {
    in >> name >> type;
    if (type.ends_with(',')) type.pop_back();
    return model::KeyAttribute{name, *model::ParseAttributeType(type)};
  };
  model::KeySchema schema{attribute(), std::nullopt};
  if (!(in >> std::ws).eof()) schema.sort = attribute();
  return schema;
}

std::string ToString(const KeyCondition& condition) {
  static constexpr std::string_view kNames[] = {"=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"};
  std::string out = Notation(condition.partition);
  if (condition.sort) {
    out +=
        " " + std::string(kNames[static_cast<std::size_t>(condition.sort->op)]) + " " + Notation(condition.sort->value);
    if (condition.sort->op == SortOperator::kBetween) out += " " + Notation(condition.sort->upper);
  }
  return out;
}

Status RunCondition(const Case& c, const std::string& text, Placeholders& placeholders, ExpressionKind kind) {
  ASSIGN_OR_RETURN(const Condition condition, Condition::Parse(text, placeholders, kind));
  TRY(placeholders.CheckAllUsed());
  if (const auto schema = c.Find("schema")) TRY(condition.CheckNoKeyAttributes(ReadSchema(*schema)));
  for (const auto& [key, item] : c.lines) {
    if (key != "true" && key != "false") continue;
    EXPECT_EQ(condition.Evaluate(ReadItem(item)), key == "true") << item;
  }
  return Ok();
}

Status RunUpdate(const Case& c, const std::string& text, Placeholders& placeholders) {
  ASSIGN_OR_RETURN(const Update update, Update::Parse(text, placeholders));
  TRY(placeholders.CheckAllUsed());
  if (const auto schema = c.Find("schema")) TRY(update.CheckNoKeyAttributes(ReadSchema(*schema)));
  const model::Item from = c.FindItem("from");
  ASSIGN_OR_RETURN(const model::Item to, update.Apply(from));
  if (const auto expected = c.Find("to")) {
    EXPECT_EQ(Notation(to), Notation(ReadItem(*expected)));
  }
  if (const auto expected = c.Find("old")) {
    EXPECT_EQ(Notation(update.ProjectTargets(from)), Notation(ReadItem(*expected)));
  }
  if (const auto expected = c.Find("new")) {
    EXPECT_EQ(Notation(update.ProjectTargets(to)), Notation(ReadItem(*expected)));
  }
  return Ok();
}

Status RunCase(const Case& c) {
  ASSIGN_OR_RETURN(Placeholders placeholders, ReadPlaceholders(c));
  const auto& [kind, text] = c.lines.front();
  if (kind == "condition") return RunCondition(c, text, placeholders, ExpressionKind::kCondition);
  if (kind == "filter") return RunCondition(c, text, placeholders, ExpressionKind::kFilter);
  if (kind == "update") return RunUpdate(c, text, placeholders);
  if (kind == "projection") {
    ASSIGN_OR_RETURN(const Projection projection, Projection::Parse(text, placeholders));
    TRY(placeholders.CheckAllUsed());
    EXPECT_EQ(Notation(projection.Project(c.FindItem("from"))), Notation(c.FindItem("to")));
    return Ok();
  }
  if (kind == "key") {
    ASSIGN_OR_RETURN(const KeyCondition condition,
                     KeyCondition::Parse(text, placeholders, ReadSchema(c.Find("schema").value_or("pk S, sk N"))));
    TRY(placeholders.CheckAllUsed());
    EXPECT_EQ(ToString(condition), c.Find("to"));
    return Ok();
  }
  ADD_FAILURE() << "unknown kind " << kind;
  return Ok();
}

class CaseFile : public ::testing::TestWithParam<std::string> {};

TEST_P(CaseFile, Holds) {
  const auto cases = ReadCases(std::filesystem::path(MILLRACE_SOURCE_DIR "/src/expr/testdata") / GetParam());
  ASSERT_FALSE(cases.empty());
  for (const Case& c : cases) {
    SCOPED_TRACE(c.where + " " + c.lines.front().second);
    // A case that expects nothing proves nothing.
    EXPECT_TRUE(std::any_of(c.lines.begin(), c.lines.end(), [](const auto& line) {
      return line.first == "true" || line.first == "false" || line.first == "to" || line.first == "error";
    }));
    const Status status = RunCase(c);
    EXPECT_EQ(status.ok() ? "" : status.error().message(), c.Find("error").value_or(""));
    if (!status.ok()) {
      EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, CaseFile,
                         ::testing::Values("condition.case", "condition_errors.case", "key_condition.case",
                                           "placeholders.case", "projection.case", "syntax.case", "update.case",
                                           "update_errors.case"),
                         [](const auto& param) { return param.param.substr(0, param.param.find('.')); });

TEST(CaseFiles, AreAllRun) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(MILLRACE_SOURCE_DIR "/src/expr/testdata")) {
    if (entry.path().extension() == ".case") ++files;
  }
  EXPECT_EQ(files, 8U);
}

}  // namespace
}  // namespace millrace::expr
