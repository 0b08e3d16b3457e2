// RuleSet says which rules of a bus match an event.
//
// Threads:   Match is thread-safe and never waits for Replace; a replaced set is seen by every Match that starts after
//            Replace returned.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/published.h"
#include "json/value.h"
#include "pattern/pattern.h"

namespace millrace::flow {

struct Rule {
  std::uint32_t id = 0;  // durable: events carry it
  std::string name;
  pattern::Pattern pattern;
};

class RuleSet {
 public:
  void Replace(std::vector<Rule> rules);
  // Ids, ascending.
  std::vector<std::uint32_t> Match(const json::Value& event) const;

 private:
  Published<std::vector<Rule>> rules_;
};

}  // namespace millrace::flow
