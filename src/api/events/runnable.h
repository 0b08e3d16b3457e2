// Runnable makes of a record what the plant runs: of a rule and its targets, an archive, an API destination.
//
// This is the one place that knows which ARNs can be targets.
//
// Threads: pure functions.
// Failure: InvalidArgument in AWS's words where it has some; reason::kBadPattern for a pattern.
#pragma once

#include <string>
#include <string_view>

#include "api/events/plant.h"
#include "api/events/registry.h"
#include "config/config.h"
#include "json/value.h"
#include "pattern/pattern.h"

namespace millrace::api::events {

// "Event pattern is not valid. Reason: …"
Result<pattern::Pattern> ParsePattern(std::string_view text);
// Without its targets. The pattern was checked before.
config::Rule RunnableRule(const RuleRecord& rule);
// A target as PutTargets was given it. NotFound: its destination is not known here; Unimplemented: nothing of that kind
// can be a target.
Result<config::RuleTarget> RunnableTarget(const Registry& registry, const json::Value& target);
// The same of a stored one.
Result<config::RuleTarget> RunnableTarget(const Registry& registry, const TargetRecord& target);
config::Archive RunnableArchive(const ArchiveRecord& archive);
// With the secrets of its connection.
Result<HttpDestination> RunnableDestination(const DestinationRecord& destination, const ConnectionRecord& connection);

}  // namespace millrace::api::events
