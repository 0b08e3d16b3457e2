// RuleIds gives every rule of a bus a number that events carry: the same after a restart, never used again.
//
// Threads: blocks until the engine has taken the row. Not to be called from completions.
// Format:  docs/design/positions.md, "Rule ids"
#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "engine/engine.h"

namespace millrace::app {

Result<std::uint32_t> RuleIdOf(engine::Engine& engine, std::string_view bus_arn, std::string_view rule_name);
// A rule of that name gets another number from then on.
Status ForgetRuleId(engine::Engine& engine, std::string_view bus_arn, std::string_view rule_name);

}  // namespace millrace::app
