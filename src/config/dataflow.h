// CheckDataflow looks at a configuration as a whole: does every reference lead somewhere, does every pipe get what it
// needs, and can every pattern match anything that reaches it?
//
// Threads:   pure functions.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "config/config.h"
#include "config/node.h"
#include "config/report.h"

namespace millrace::config {

// The nodes that patterns were written as, by the resource ("pipe/x") and the pattern's place in its list.
using PatternNodes = std::map<std::pair<std::string, std::size_t>, NodePtr>;

void CheckReferences(const Config& config, Report& report);
// REQUIRES: nothing wrong was reported before.
void CheckDataflow(const Config& config, const PatternNodes& patterns, Report& report);

}  // namespace millrace::config
