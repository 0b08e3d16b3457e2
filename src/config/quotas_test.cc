// Quotas: what EventBridge does not allow is refused with the setting that would allow it, and that setting does.
#include "config/quotas.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/parse.h"

namespace millrace::config {
namespace {

std::string File(std::string_view settings, std::size_t rules, std::string_view pattern) {
  std::string text = fmt::format(
      "version: 1\nsettings: {}\ntables: {{users: {{key: id, stream: new-and-old}}}}\nbuses: {{crm: {{}}}}\n"
      "targets: {{t: {{stdout: {{}}}}}}\npipes: {{p: {{from: table/users, to: bus/crm, format: crud}}}}\nrules:\n",
      settings);
  for (std::size_t i = 0; i < rules; ++i)
    text += fmt::format("  r{}: {{from: bus/crm, to: target/t, match: {}}}\n", i, pattern);
  return text;
}

void ExpectRefused(const std::string& text, std::string_view message, std::string_view fix) {
  const auto outcome = Parse("f", text);
  ASSERT_EQ(outcome.diagnostics.size(), 1u);
  EXPECT_EQ(outcome.diagnostics[0].code, code::kTooMany);
  EXPECT_EQ(outcome.diagnostics[0].message, message);
  EXPECT_EQ(outcome.diagnostics[0].fix, fmt::format("settings: {{limits: {{{}}}}}, where it need not run on AWS", fix));
}

constexpr std::string_view kPlain = "{source: [users]}";
constexpr std::string_view kWild = "{detail: {Values: {id: [{wildcard: \"a*b\"}]}}}";

TEST(Quotas, RulesOfABus) {
  EXPECT_TRUE(Parse("f", File("{}", 300, kPlain)).diagnostics.empty());
  ExpectRefused(File("{}", 301, kPlain), "bus/crm: the bus has 301 rules; at most 300 are allowed",
                "rules-per-bus: 301");
  EXPECT_TRUE(Parse("f", File("{limits: {rules-per-bus: 301}}", 301, kPlain)).diagnostics.empty());
}

TEST(Quotas, RulesWithWildcards) {
  EXPECT_TRUE(Parse("f", File("{}", 30, kWild)).diagnostics.empty());
  ExpectRefused(File("{}", 31, kWild), "bus/crm: the bus has 31 rules with wildcards; at most 30 are allowed",
                "wildcard-rules-per-bus: 31");
  EXPECT_TRUE(Parse("f", File("{limits: {wildcard-rules-per-bus: 31}}", 31, kWild)).diagnostics.empty());
}

TEST(Quotas, CharactersOfAPattern) {
  const std::string pattern = fmt::format("{{source: [users, {}]}}", std::string(4096, 'x'));
  ExpectRefused(File("{}", 1, pattern), "the pattern has 4119 characters as JSON; at most 4096 are allowed",
                "pattern-characters: 4119");
  EXPECT_TRUE(Parse("f", File("{limits: {pattern-characters: 4119}}", 1, pattern)).diagnostics.empty());
}

TEST(Quotas, ExtensionsAreAllowed) {
  EXPECT_TRUE(Parse("f", File("{}", 1, "{source: [{\"millrace:regex\": \"u[a-z]+\"}]}")).diagnostics.empty());
}

}  // namespace
}  // namespace millrace::config
