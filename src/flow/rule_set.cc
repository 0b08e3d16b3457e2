#include "flow/rule_set.h"

#include <algorithm>

namespace millrace::flow {

void RuleSet::Replace(std::vector<Rule> rules) {
  std::ranges::sort(rules, {}, &Rule::id);
  rules_.Set(std::make_shared<const std::vector<Rule>>(std::move(rules)));
}

std::vector<std::uint32_t> RuleSet::Match(const json::Value& event) const {
  std::vector<std::uint32_t> matched;
  const auto rules = rules_.Get();
  for (const Rule& rule : *rules)
    if (rule.pattern.Matches(event)) matched.push_back(rule.id);
  return matched;
}

}  // namespace millrace::flow
