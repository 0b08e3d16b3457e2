// Any bytes as an event: a matcher over every match type refuses what json::Document refuses, in the same words, and
// otherwise finds what the plain evaluator finds. A reader that stops early always ends.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "json/parse.h"
#include "pattern/matcher.h"

namespace {

using namespace millrace;

constexpr std::string_view kPatterns[] = {
    R"({"a":["a","",1,300,null,true,"10.0.0.1"]})",
    R"({"a":[{"prefix":"a"},{"suffix":{"equals-ignore-case":"ß"}},{"numeric":[">",-1,"<=",5.5]}]})",
    R"({"a":{"b":[{"anything-but":["a","b"]}],"c":[{"exists":false}]}})",
    R"({"a":{"b":[{"anything-but":[1,2]}],"c":[{"exists":true}]},"b":[{"anything-but":{"wildcard":["a*b","*c"]}}]})",
    R"({"a.b":[{"wildcard":"*a*b"},{"cidr":"10.0.0.0/8"},{"cidr":"::/64"}]})",
    R"({"$or":[{"a":{"b":[1]}},{"b":[{"anything-but":{"equals-ignore-case":"A"}}]},{"é":[{"exists":true}]}]})",
    R"({"b":[{"millrace:all-of":["a",{"prefix":"b"},{"millrace:regex":"[a-c]+"}]}]})",
    R"({"b":[{"millrace:wildcard-ignore-case":"A*B*"},{"equals-ignore-case":"😀k"}],"":[{"suffix":"b"}]})",
};

struct Rules {
  Rules() {
    for (const std::string_view text : kPatterns) {
      patterns.push_back(MUST(pattern::Pattern::Parse(text)));  // they are constants
      CHECK(matcher.Add(static_cast<pattern::RuleId>(patterns.size() - 1), patterns.back()).ok());
    }
  }
  std::vector<pattern::Pattern> patterns;
  pattern::Matcher matcher;
  pattern::MatchReader whole{matcher};
  pattern::MatchReader early{matcher, pattern::Reading::kEarlyStop};
  json::Document document;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const auto rules = std::make_unique<Rules>();
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const Status parsed = rules->document.Parse(text, {.duplicate_names = json::DuplicateNames::kKeepAll});
  const auto found = rules->whole.Match(text);
  (void)rules->early.Match(text);
  if (!parsed.ok()) {
    CHECK(!found.ok() && found.error().message() == parsed.error().message());
    return 0;
  }
  const json::Value& event = rules->document.root();
  CHECK(found.ok() == event.is_object());
  if (!found.ok()) return 0;
  std::vector<pattern::RuleId> expected;
  for (std::size_t i = 0; i < rules->patterns.size(); ++i) {
    if (rules->patterns[i].Matches(event)) expected.push_back(static_cast<pattern::RuleId>(i));
  }
  CHECK(std::vector(found->begin(), found->end()) == expected);
  return 0;
}
