// Matcher: for random rules that come and go it says what Pattern::Matches says of each, takes and refuses the events
// that json::Document takes and refuses, and does so from several threads while rules change.
#include "pattern/matcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "base/thread.h"
#include "json/parse.h"
#include "pattern/testing/random_pattern.h"

namespace millrace::pattern {
namespace {

using testing::RandomPatterns;

Pattern Parsed(std::string_view text) {
  return MUST(Pattern::Parse(text));
}

std::vector<RuleId> Matched(MatchReader& reader, std::string_view event) {
  const auto matched = reader.Match(event);
  EXPECT_TRUE(matched.ok()) << event << ": " << matched.error().message();
  return matched.ok() ? std::vector(matched->begin(), matched->end()) : std::vector<RuleId>();
}

TEST(Matcher, SaysWhatThePlainEvaluatorSays) {
  const std::uint64_t seed = SystemRandom().Next();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  RandomPatterns random(seed);
  json::Document document;
  std::uint64_t matches = 0;
  for (int round = 0; round < 60; ++round) {
    Matcher matcher;
    MatchReader whole(matcher), early(matcher, Reading::kEarlyStop);
    std::map<RuleId, std::pair<std::string, Pattern>> rules;
    for (int step = 0; step < 40; ++step) {
      for (int change = 0; change < 3; ++change) {
        const auto id = static_cast<RuleId>(random.Below(40));
        if (random.Chance(3)) {
          ASSERT_EQ(matcher.Remove(id), rules.erase(id) > 0);
        } else if (random.Chance(3)) {
          const std::string text = random.Pattern();
          Pattern pattern = Parsed(text);
          matcher.Put(id, pattern);
          rules.insert_or_assign(id, std::pair(text, std::move(pattern)));
        } else {
          const std::string text = random.Pattern();
          Pattern pattern = Parsed(text);
          ASSERT_EQ(matcher.Add(id, pattern).ok(), !rules.contains(id));
          rules.try_emplace(id, text, std::move(pattern));
        }
      }
      ASSERT_EQ(matcher.rule_count(), rules.size());
      const bool once = random.Chance(3);
      std::string event = random.Event(once ? RandomPatterns::Fields::kOnce : RandomPatterns::Fields::kAny);
      if (random.Chance(6)) event = random.Damaged(event);
      const Status parsed = document.Parse(event, {.duplicate_names = json::DuplicateNames::kKeepAll});
      if (!parsed.ok() || !document.root().is_object()) {
        const auto refused = whole.Match(event);
        ASSERT_FALSE(refused.ok()) << event;
        if (!parsed.ok()) {
          ASSERT_EQ(refused.error().message(), parsed.error().message());
        }
        (void)early.Match(event);  // whatever it says, it ends
        continue;
      }
      std::vector<RuleId> expected;
      for (const auto& [id, rule] : rules)
        if (rule.second.Matches(document.root())) expected.push_back(id);
      matches += expected.size();
      const auto found = Matched(whole, event);
      for (const auto& [id, rule] : rules)
        ASSERT_EQ(std::ranges::binary_search(found, id), std::ranges::binary_search(expected, id)) << rule.first << "\n"
                                                                                                   << event;
      ASSERT_EQ(found, expected) << event;
      if (once) {
        ASSERT_EQ(Matched(early, event), expected) << event;
      }
    }
  }
  EXPECT_GT(matches, 100u);
}

TEST(Matcher, SeesAChangeThatWasAcknowledged) {
  Matcher matcher;
  MatchReader reader(matcher);
  const std::string_view event = R"({"a": "x", "b": {"c": 1}})";
  EXPECT_TRUE(Matched(reader, event).empty());
  ASSERT_TRUE(matcher.Add(5, Parsed(R"({"a": ["x"]})")).ok());
  EXPECT_EQ(Matched(reader, event), (std::vector<RuleId>{5}));
  ASSERT_TRUE(matcher.Add(3, Parsed(R"({"b": {"c": [{"numeric": [">", 0]}]}})")).ok());
  EXPECT_EQ(Matched(reader, event), (std::vector<RuleId>{3, 5}));
  EXPECT_EQ(matcher.Add(3, Parsed(R"({"a": ["y"]})")).error().code(), ErrorCode::kAlreadyExists);
  EXPECT_TRUE(matcher.Remove(5));
  EXPECT_FALSE(matcher.Remove(5));
  EXPECT_EQ(Matched(reader, event), (std::vector<RuleId>{3}));
}

TEST(Matcher, MatchesOneOfTwoPatternsAtEveryMoment) {
  Matcher matcher;
  const Pattern one = Parsed(R"({"a": ["x"]})"), other = Parsed(R"({"a": [{"prefix": "x"}]})");
  matcher.Put(5, one);
  std::atomic<bool> over{false}, always{true};
  Thread looking(ThreadRole::kBackground, "looking", [&] {
    MatchReader reader(matcher);
    while (!over) always = always && MUST(reader.Match(R"({"a": "x"})")).size() == 1;
  });
  for (int i = 0; i < 1000; ++i) matcher.Put(5, i % 2 == 0 ? other : one);
  over = true;
  looking.Join();
  EXPECT_TRUE(always);
  EXPECT_EQ(matcher.rule_count(), 1u);
}

TEST(Matcher, KeepsElementsOfAnArrayApart) {
  Matcher matcher;
  ASSERT_TRUE(matcher.Add(1, Parsed(R"({"items": {"name": ["x"], "size": [2]}})")).ok());
  MatchReader reader(matcher);
  EXPECT_TRUE(Matched(reader, R"({"items": [{"name": "x", "size": 1}, {"name": "y", "size": 2}]})").empty());
  EXPECT_EQ(Matched(reader, R"({"items": [{"name": "x", "size": 1}, {"name": "x", "size": 2}]})").size(), 1u);
}

TEST(Matcher, TellsWhatIsWrongWithAnEvent) {
  Matcher matcher;
  MatchReader reader(matcher);
  EXPECT_NE(reader.Match(R"({"a": tru})").error().message().find("byte 6"), std::string::npos);
  EXPECT_NE(reader.Match("[1]").error().message().find("array"), std::string::npos);
  EXPECT_FALSE(reader.Match("").ok());
  EXPECT_FALSE(reader.Match(std::string(2000, '{')).ok());
  std::string deep;
  for (int i = 0; i < 999; ++i) deep += R"({"a":)";
  EXPECT_TRUE(reader.Match(deep + "{}" + std::string(999, '}')).ok());
  EXPECT_FALSE(reader.Match(deep + R"({"a":{}})" + std::string(999, '}')).ok());
}

TEST(Matcher, StopsEarlyWhereNothingIsAskedOf) {
  Matcher matcher;
  ASSERT_TRUE(matcher.Add(1, Parsed(R"({"a": {"b": ["x"]}})")).ok());
  MatchReader early(matcher, Reading::kEarlyStop);
  EXPECT_EQ(Matched(early, R"({"z": [1, {"b": 2}], "a": {"c": {"d": "]}"}, "b": "x", "e": 1}, and so on)").size(), 1u);
  EXPECT_TRUE(Matched(early, R"({"a": {"b": "y"}, "a": {"b": "x"}})").empty()) << "the second is not read";
  EXPECT_FALSE(early.Match(R"({"z": "never ends)").ok());
}

// Each thread adds and removes rules of its own and must see exactly those at once; what the others do at the same time
// must not disturb it.
TEST(Matcher, RulesComeAndGoWhileOthersMatch) {
  Matcher matcher;
  constexpr RuleId kThreads = 4;
  std::atomic<int> wrong{0};
  std::vector<Thread> threads;
  for (RuleId me = 0; me < kThreads; ++me) {
    threads.emplace_back(ThreadRole::kBackground, fmt::format("matcher-{}", me), [&matcher, &wrong, me] {
      SeededRandom random(me);
      MatchReader reader(matcher);
      std::map<RuleId, int> mine;
      for (int step = 0; step < 400; ++step) {
        const RuleId id = me + kThreads * static_cast<RuleId>(random.Below(20));
        if (mine.erase(id) > 0) {
          if (!matcher.Remove(id)) ++wrong;
        } else {
          const int value = mine[id] = static_cast<int>(random.Below(3));
          if (!matcher.Add(id, Parsed(fmt::format(R"({{"thread": [{}], "value": ["v{}"]}})", me, value))).ok()) ++wrong;
        }
        const int value = static_cast<int>(random.Below(3));
        const auto found = Matched(reader, fmt::format(R"({{"thread": {}, "value": "v{}"}})", me, value));
        std::vector<RuleId> expected;
        for (const auto& [rule, wants] : mine)
          if (wants == value) expected.push_back(rule);
        if (found != expected) ++wrong;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace millrace::pattern
