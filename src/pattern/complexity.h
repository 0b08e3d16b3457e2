// Complexity counts how many beginnings of a field's wildcards one value can fit at once, the measure by which
// EventBridge refuses a pattern as too complex.
//
// "*a*b" has the beginnings "*", "*a", "*a*", "*a*b"; the value "ab" fits all but the second. Wildcards of one
// anything-but that begin alike count once, others each. Of the wildcards that ignore case, AWS knows none; they are
// counted by their lower case.
//
// Threads:   a function without state.
#pragma once

#include <cstddef>

#include "pattern/condition.h"

namespace millrace::pattern {

// AWS refuses more than this.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-wildcard-matching-complexity
inline constexpr std::size_t kComplexityMax = 10;

// The largest such number over all values, or anything above `enough` once it is known to be above it.
std::size_t Complexity(const Condition& condition, std::size_t enough);

}  // namespace millrace::pattern
