// ./dev test --long patterns [--seed N] [--count N]: the matcher against the plain evaluator, until so many pairs of a
// rule and an event were looked at.
//
// Rules come and go in groups while events are matched. For each event, the set of rules that Matcher finds must be the
// set of those that Pattern::Matches says match, one by one; what json::Document refuses Matcher must refuse, in the
// same words; and a reader that stops early must find the same wherever an event names each field once.
//
// Each group has a seed of its own, counted up from the first. A failure prints the group's: that seed with --count 1
// repeats it.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "json/parse.h"
#include "pattern/matcher.h"
#include "pattern/testing/random_pattern.h"

namespace millrace {
namespace {

using pattern::Matcher;
using pattern::MatchReader;
using pattern::RuleId;
using pattern::testing::RandomPatterns;

struct Counts {
  std::uint64_t pairs = 0;
  std::uint64_t matches = 0;
  std::uint64_t events = 0;
  std::uint64_t refused = 0;
};

class Group {
 public:
  explicit Group(std::uint64_t seed)
      : random_(seed),
        options_{.dialect = random_.Chance(4) ? pattern::Dialect::kAws : pattern::Dialect::kExact},
        texts_(seed ^ 0x5bd1e995, options_),
        ids_(random_.Chance(20) ? 400 : 1 + random_.Below(40)),
        whole_(matcher_),
        early_(matcher_, pattern::Reading::kEarlyStop) {}

  // What went wrong, or nothing.
  std::string Run(Counts& counts) {
    for (std::uint64_t i = 0; i < ids_; ++i) Change();
    for (int event = 0; event < 60; ++event) {
      for (std::uint64_t changes = random_.Below(3); changes > 0; --changes) Change();
      if (!problem_.empty()) return problem_;
      if (matcher_.rule_count() != rules_.size()) return "the matcher counts its rules wrongly";
      const bool once = random_.Chance(3);
      std::string text = texts_.Event(once ? RandomPatterns::Fields::kOnce : RandomPatterns::Fields::kAny);
      const bool damaged = random_.Chance(8);
      if (damaged) text = texts_.Damaged(std::move(text));
      Compare(text, once && !damaged, counts);
      if (!problem_.empty()) return problem_;
    }
    return {};
  }

 private:
  void Change() {
    const auto id = static_cast<RuleId>(random_.Below(ids_));
    if (random_.Chance(3)) {
      if (matcher_.Remove(id) != (rules_.erase(id) > 0)) problem_ = fmt::format("removing rule {} went wrong", id);
      return;
    }
    std::string text = texts_.Pattern();
    pattern::Pattern rule = MUST(pattern::Pattern::Parse(text, nullptr, options_));  // as texts_ promises
    if (matcher_.Add(id, rule).ok() == rules_.contains(id)) problem_ = fmt::format("adding rule {} went wrong", id);
    rules_.try_emplace(id, std::move(text), std::move(rule));
  }

  void Compare(const std::string& text, bool once, Counts& counts) {
    const Status parsed = document_.Parse(text, {.duplicate_names = json::DuplicateNames::kKeepAll});
    const auto found = whole_.Match(text);
    ++counts.events;
    if (!parsed.ok() || !document_.root().is_object()) {
      ++counts.refused;
      if (found.ok()) return Fail("an event that is none is matched", text);
      if (!parsed.ok() && found.error().message() != parsed.error().message()) {
        Fail(fmt::format("\"{}\" instead of \"{}\"", found.error().message(), parsed.error().message()), text);
      }
      (void)early_.Match(text);  // may stop before the mistake; must end
      return;
    }
    if (!found.ok()) return Fail("a good event is refused: " + found.error().message(), text);
    std::vector<RuleId> expected;
    for (const auto& [id, rule] : rules_) {
      if (rule.second.Matches(document_.root())) expected.push_back(id);
    }
    counts.pairs += rules_.size();
    counts.matches += expected.size();
    Same("", expected, *found, text);
    if (!once) return;
    const auto early = early_.Match(text);
    if (!early.ok()) return Fail("a good event is refused by a reader that stops early", text);
    Same(" by a reader that stops early", expected, *early, text);
  }

  void Same(std::string_view who, const std::vector<RuleId>& expected, std::span<const RuleId> found,
            const std::string& text) {
    if (std::ranges::equal(expected, found)) return;
    for (const auto& [id, rule] : rules_) {
      const bool is = std::ranges::find(found, id) != found.end();
      const bool ought = std::ranges::binary_search(expected, id);
      if (is != ought)
        return Fail(fmt::format("rule {} is {}{}: {}", id, is ? "found" : "not found", who, rule.first), text);
    }
    Fail(fmt::format("the rules are not in order, or not once each{}", who), text);
  }

  void Fail(std::string what, const std::string& text) {
    problem_ = fmt::format("{}\n  event: {}\n  dialect: {}", what, text,
                           options_.dialect == pattern::Dialect::kAws ? "aws" : "exact");
  }

  // Decides what is done; texts_ draws what it is done with.
  RandomPatterns random_;
  const pattern::ParseOptions options_;
  RandomPatterns texts_;
  const std::uint64_t ids_;
  Matcher matcher_;
  MatchReader whole_, early_;
  std::map<RuleId, std::pair<std::string, pattern::Pattern>> rules_;
  json::Document document_;
  std::string problem_;
};

std::optional<std::uint64_t> Number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int Main(const std::vector<std::string>& arguments) {
  std::uint64_t seed = SystemRandom().Next() >> 1;
  std::uint64_t count = 10'000'000;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const auto value = i + 1 < arguments.size() ? Number(arguments[i + 1]) : std::nullopt;
    if (!value || (arguments[i] != "--seed" && arguments[i] != "--count")) {
      fmt::print(stderr, "patterns [--seed N] [--count N]\n");
      return 2;
    }
    (arguments[i] == "--seed" ? seed : count) = *value;
  }
  fmt::print("seed {}, {} pairs\n", seed, count);
  Counts counts;
  std::uint64_t told = 0;
  for (std::uint64_t group = seed; counts.pairs < count; ++group) {
    const std::string problem = Group(group).Run(counts);
    if (!problem.empty()) {
      fmt::print("{}\nagain: ./dev test --long patterns --seed {} --count 1\n", problem, group);
      return 1;
    }
    if (counts.pairs / 1'000'000 > told) {
      told = counts.pairs / 1'000'000;
      fmt::print("{} million pairs; go on with --seed {}\n", told, group + 1);
      std::fflush(stdout);
    }
  }
  fmt::print("ok: {} pairs, {} matches, {} events, {} of them refused\n", counts.pairs, counts.matches, counts.events,
             counts.refused);
  return 0;
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  return millrace::Main(std::vector<std::string>(argv + 1, argv + argc));
}
