// The flow of data: a pipe gets the images it needs, and a pattern that nothing can match is named with the reason,
// while no pattern that could match ever is.
#include "config/dataflow.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "config/parse.h"

namespace millrace::config {
namespace {

constexpr std::string_view kBase = R"(version: 1
tables:
  users: {key: [id, "at:N"], stream: new-and-old}
  logs: {key: id, stream: keys}
  images: {key: id, stream: new}
  quiet: {key: id}
buses: {crm: {}, raw: {}, both: {}, idle: {}}
targets: {t: {stdout: {}}}
rules:
  used: {from: bus/crm, match: {source: [users]}, to: target/t}
pipes:
  crud: {from: table/users, to: bus/crm, format: crud}
  raw: {from: table/users, to: bus/raw, source: raw}
  one: {from: table/users, to: bus/both, format: crud, source: one}
  two: {from: table/users, to: bus/both, format: crud, source: two, field-case: camel}
)";

std::vector<Diagnostic> CheckText(const std::string& text) {
  auto outcome = Parse("f", text);
  for (const Diagnostic& d : outcome.diagnostics) EXPECT_TRUE(d.code[1] == '2') << RenderText(d, text, false);
  return outcome.diagnostics;
}
std::vector<Diagnostic> WithPipe(std::string_view pipe) {
  return CheckText(std::string(kBase) + "  p: " + std::string(pipe) + "\n");
}
std::vector<Diagnostic> WithRule(std::string_view bus, std::string_view match) {
  std::string text(kBase);
  text.insert(text.find("pipes:"), fmt::format("  r: {{from: bus/{}, match: {}, to: target/t}}\n", bus, match));
  return CheckText(text);
}

TEST(Dataflow, ThePlainConfigurationIsGood) {
  EXPECT_TRUE(CheckText(std::string(kBase)).empty());
}

TEST(Dataflow, APipeNeedsAStream) {
  const auto problems = WithPipe("{from: table/quiet, to: target/t}");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].code, code::kStreamMissing);
  EXPECT_EQ(problems[0].ref, "pipe/p");
  EXPECT_EQ(problems[0].fix, "tables: {quiet: {stream: new-and-old}}");
}

TEST(Dataflow, ACrudPipeNeedsBothImages) {
  for (const auto* table : {"logs", "images"}) {
    const auto problems = WithPipe(fmt::format("{{from: table/{}, to: target/t, format: crud}}", table));
    ASSERT_EQ(problems.size(), 1u) << table;
    EXPECT_EQ(problems[0].code, code::kStreamMissing);
    EXPECT_NE(problems[0].message.find("both images"), std::string::npos);
  }
  EXPECT_TRUE(WithPipe("{from: table/logs, to: target/t}").empty());
}

TEST(Dataflow, AMisspeltDetailKeyIsFound) {
  const auto problems = WithRule("crm", "{detail: {UpdatedFeilds: [phone-number]}}");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].code, code::kNeverMatches);
  EXPECT_EQ(problems[0].message, "rule/r can never match");
  EXPECT_EQ(problems[0].fix, "UpdatedFields");
  EXPECT_NE(problems[0].why.find("pipe/crud"), std::string::npos);
  EXPECT_NE(problems[0].why.find("Values, UpdatedFields"), std::string::npos);
  EXPECT_EQ(problems[0].span.end_col - problems[0].span.col, 13u);
}

// bus, pattern, what the fix is.
TEST(Dataflow, RulesThatNothingCanMatchAreErrors) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"crm", "{source: [user]}", "users"},
      {"crm", "{source: [1, user]}", ""},
      {"crm", "{detail-type: [DELETE]}", ""},
      {"crm", "{detail-type: [Modify]}", "MODIFY"},
      {"crm", "{detailtype: [MODIFY]}", "detail-type"},
      {"crm", "{detail: {updatedFields: [x]}}", "UpdatedFields"},
      {"crm", "{detail: {dynamodb: {NewImage: {a: {S: [x]}}}}}", ""},
      {"raw", "{detail: {UpdatedFields: [x]}}", ""},
      {"raw", "{detail-type: [MODIFY]}", ""},
      {"raw", "{source: [users]}", ""},
      {"raw", "{detail: {eventName: [modify]}}", "MODIFY"},
      {"raw", "{detail: {dynamodb: {Keys: {name: {S: [x]}}}}}", ""},
      {"raw", "{detail: {dynamodb: {Keys: {at: {S: [x]}}}}}", "N"},
      {"both", "{source: [three]}", ""},
      {"both", "{source: [one], detail: {updatedFields: [x]}}", ""},
  };
  for (const auto& [bus, match, fix] : cases) {
    const auto problems = WithRule(bus, match);
    ASSERT_EQ(problems.size(), 1u) << match;
    EXPECT_EQ(problems[0].code, code::kNeverMatches) << match;
    EXPECT_TRUE(*fix == '\0' || problems[0].fix == fix) << match << ": " << problems[0].fix;
  }
}

TEST(Dataflow, RulesThatMayMatchAreNot) {
  const std::pair<const char*, const char*> cases[] = {
      {"crm", "{source: [users]}"},
      {"crm", "{source: [other, users]}"},
      {"crm", "{source: [{prefix: us}]}"},
      {"crm", "{source: [{anything-but: users}]}"},
      {"crm", "{detail-type: [REMOVE, {exists: true}]}"},
      {"crm", "{detail: {UpdatedFields: [anything]}}"},
      {"crm", "{detail: {Values: {deep: {er: [1]}}}}"},
      {"crm", "{detail: {NoSuch: [{exists: false}]}}"},
      {"crm", "{detail: {NoSuch: {Deep: [x, {exists: false}]}}}"},
      {"crm", "{detail: {$or: [{NoSuch: [x]}, {Values: {a: [1]}}]}}"},
      {"crm", "{\"detail.UpdatedFields\": [x]}"},
      {"crm", "{account: [\"1\"], region: [x], resources: [y], time: [z], id: [i], version: [\"0\"]}"},
      {"raw", "{detail-type: [Event from aws:dynamodb]}"},
      {"raw", "{source: [raw], detail: {eventName: [MODIFY], dynamodb: {NewImage: {any: {M: {a: {S: [x]}}}}}}}"},
      {"raw", "{detail: {dynamodb: {OldImage: {a: {N: [\"1\"]}}, Keys: {id: {S: [x]}, at: {N: [\"1\"]}}}}}"},
      {"both", "{source: [one], detail: {UpdatedFields: [x]}}"},
      {"both", "{source: [two], detail: {updatedFields: [x]}}"},
  };
  for (const auto& [bus, match] : cases) EXPECT_TRUE(WithRule(bus, match).empty()) << match;
}

TEST(Dataflow, APipesOwnPatternsAreChecked) {
  EXPECT_EQ(WithPipe("{from: table/users, to: target/t, match: {eventname: [INSERT]}}").at(0).fix, "eventName");
  EXPECT_EQ(WithPipe("{from: table/images, to: target/t, match: {dynamodb: {OldImage: {a: {S: [x]}}}}}").size(), 1u);
  EXPECT_EQ(WithPipe("{from: table/users, to: target/t, match: {dynamodb: {NewImage: {a: [x]}}}}").size(), 0u);
  EXPECT_EQ(WithPipe("{from: table/users, to: target/t, match: {dynamodb: {NewImage: {a: {s: [x]}}}}}").at(0).fix, "S");
  // Any of them is enough.
  EXPECT_TRUE(
      WithPipe("{from: table/users, to: target/t, match: [{eventName: [NONE]}, {eventName: [INSERT]}]}").empty());
}

TEST(Dataflow, ABusWithoutInputAndAnUnusedTargetAreWarnings) {
  const auto idle = WithRule("idle", "{source: [x]}");
  ASSERT_EQ(idle.size(), 1u);
  EXPECT_EQ(idle[0].code, code::kBusWithoutInput);
  EXPECT_EQ(idle[0].level, Level::kWarning);
  const auto unused = Parse("f", "version: 1\ntargets: {t: {stdout: {}}}\n");
  ASSERT_TRUE(unused.config);
  ASSERT_EQ(unused.diagnostics.size(), 1u);
  EXPECT_EQ(unused.diagnostics[0].code, code::kTargetUnused);
}

TEST(Dataflow, KeysWithoutEffectAreErrors) {
  const auto field_case = Parse("f", std::string(kBase) + "  p: {from: table/users, to: bus/crm, field-case: camel}\n");
  ASSERT_EQ(field_case.diagnostics.size(), 1u);
  EXPECT_EQ(field_case.diagnostics[0].code, code::kBadValue);
  EXPECT_FALSE(Parse("f", std::string(kBase) + "  p: {from: table/users, to: target/t, source: x}\n").config);
}

}  // namespace
}  // namespace millrace::config
