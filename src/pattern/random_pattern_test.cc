// RandomPatterns: what it draws is valid, the same for one seed, uses the whole language and matches often enough to
// test a matcher.
#include "pattern/testing/random_pattern.h"

#include <gtest/gtest.h>

#include "json/parse.h"

namespace millrace::pattern {
namespace {

using testing::RandomPatterns;

TEST(RandomPatterns, DrawsPatternsAndEventsThatOftenMatch) {
  SystemRandom entropy;
  const std::uint64_t seed = entropy.Next();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  for (const Dialect dialect : {Dialect::kExact, Dialect::kAws}) {
    const ParseOptions options{.dialect = dialect};
    RandomPatterns random(seed, options);
    json::Document event;
    int matches = 0, several = 0;
    std::set<std::size_t> kinds;
    constexpr int kPairs = 20'000;
    for (int i = 0; i < kPairs; ++i) {
      const std::string text = random.Pattern();
      const Result<Pattern> pattern = Pattern::Parse(text, nullptr, options);
      ASSERT_TRUE(pattern.ok()) << text;
      for (const Condition& condition : pattern->conditions()) {
        for (const Alternative& alternative : condition.others) kinds.insert(alternative.index());
      }
      several += pattern->combinations().size() > 1 ? 1 : 0;
      const std::string json = random.Event(i % 4 == 0 ? RandomPatterns::Fields::kOnce : RandomPatterns::Fields::kAny);
      const Status valid = event.Parse(
          json, {.duplicate_names = i % 4 == 0 ? json::DuplicateNames::kRefuse : json::DuplicateNames::kKeepAll});
      ASSERT_TRUE(valid.ok()) << valid.error().message() << ": " << json;
      matches += pattern->Matches(event.root()) ? 1 : 0;
    }
    EXPECT_GT(matches, kPairs / 20);
    EXPECT_LT(matches, kPairs / 2);
    EXPECT_GT(several, kPairs / 20);
    EXPECT_LT(random.refused(), kPairs / 50u);
    EXPECT_EQ(kinds.size(), std::variant_size_v<Alternative> - (options.extended() ? 0 : 2));
  }
}

TEST(RandomPatterns, DrawsTheSameForOneSeed) {
  RandomPatterns a(1), b(1), c(2);
  std::string from_a, from_b, from_c;
  for (int i = 0; i < 100; ++i) {
    from_a += a.Pattern() + a.Event() + a.Damaged("{}");
    from_b += b.Pattern() + b.Event() + b.Damaged("{}");
    from_c += c.Pattern() + c.Event() + c.Damaged("{}");
  }
  EXPECT_EQ(from_a, from_b);
  EXPECT_NE(from_a, from_c);
}

}  // namespace
}  // namespace millrace::pattern
