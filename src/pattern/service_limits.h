// ServiceLimits are how many rules, and how large ones, a service allows. The defaults are EventBridge's.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
//
// Threads:   plain values and pure functions.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.h"

namespace millrace::pattern {

struct ServiceLimits {
  std::size_t pattern_characters_max = 4096;
  std::size_t rules_per_bus_max = 300;
  std::size_t wildcard_rules_per_bus_max = 30;  // of which Pattern::has_wildcards is true

  // ResourceExhausted, with what there is and what is allowed.
  Status CheckPattern(std::string_view json_text) const;
  // What a bus has, all in all. `wildcard_rules` are among `rules`.
  struct BusUse {
    std::size_t rules = 0;
    std::size_t wildcard_rules = 0;
  };
  Status CheckBus(const BusUse& use) const;
};

}  // namespace millrace::pattern
