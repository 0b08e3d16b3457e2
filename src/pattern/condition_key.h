// ConditionKey writes a condition's demand, without its path, as bytes: equal bytes, equal demand. What has no such
// form gives none.
//
// Threads:   functions without state.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pattern/condition.h"

namespace millrace::pattern {

std::optional<std::string> ConditionKey(const Condition& condition);
// The text if the condition's key says that it demands exactly one text.
std::optional<std::string_view> OnlyTextOf(std::string_view condition_key);

// How many values meet it, roughly.
enum class Selectivity : std::uint8_t { kListed, kSome, kMost };
Selectivity SelectivityOf(const Condition& condition);

}  // namespace millrace::pattern
