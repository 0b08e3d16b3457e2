// The EventBridge operations: one function each, by what they are about, and the table that finds them. PutEvents and
// TestEventPattern, which change nothing here, are apart: put_events.h, test_event_pattern.h.
//
// Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Operations.html
//
// Threads: confined to the thread of the Service's operations; they may wait.
// Failure: the error of an operation is answered as error_map.h says; nothing is changed then, unless it says so.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/events/call.h"
#include "base/error.h"

namespace millrace::api::events {

inline constexpr std::string_view kTargetPrefix = "AWSEvents.";

struct Operation {
  std::string_view name;
  Result<std::string> (*run)(const Call& call) = nullptr;
};

std::span<const Operation> Operations();
const Operation* FindOperation(std::string_view name);

// event_buses.cc
Result<std::string> CreateEventBus(const Call& call);
Result<std::string> DeleteEventBus(const Call& call);
Result<std::string> DescribeEventBus(const Call& call);
Result<std::string> ListEventBuses(const Call& call);
Result<std::string> PutPermission(const Call& call);
Result<std::string> RemovePermission(const Call& call);
Result<std::string> UpdateEventBus(const Call& call);
// rules.cc
Result<std::string> DeleteRule(const Call& call);
Result<std::string> DescribeRule(const Call& call);
Result<std::string> DisableRule(const Call& call);
Result<std::string> EnableRule(const Call& call);
Result<std::string> ListRules(const Call& call);
Result<std::string> PutRule(const Call& call);
// rule_targets.cc
Result<std::string> ListRuleNamesByTarget(const Call& call);
Result<std::string> ListTargetsByRule(const Call& call);
Result<std::string> PutTargets(const Call& call);
Result<std::string> RemoveTargets(const Call& call);
// tags.cc
Result<std::string> ListTagsForResource(const Call& call);
Result<std::string> TagResource(const Call& call);
Result<std::string> UntagResource(const Call& call);
// archives.cc
Result<std::string> CreateArchive(const Call& call);
Result<std::string> DeleteArchive(const Call& call);
Result<std::string> DescribeArchive(const Call& call);
Result<std::string> ListArchives(const Call& call);
Result<std::string> UpdateArchive(const Call& call);
// replays.cc
Result<std::string> CancelReplay(const Call& call);
Result<std::string> DescribeReplay(const Call& call);
Result<std::string> ListReplays(const Call& call);
Result<std::string> StartReplay(const Call& call);
// connections.cc
Result<std::string> CreateConnection(const Call& call);
Result<std::string> DeauthorizeConnection(const Call& call);
Result<std::string> DeleteConnection(const Call& call);
Result<std::string> DescribeConnection(const Call& call);
Result<std::string> ListConnections(const Call& call);
Result<std::string> UpdateConnection(const Call& call);
// api_destinations.cc
Result<std::string> CreateApiDestination(const Call& call);
Result<std::string> DeleteApiDestination(const Call& call);
Result<std::string> DescribeApiDestination(const Call& call);
Result<std::string> ListApiDestinations(const Call& call);
Result<std::string> UpdateApiDestination(const Call& call);

}  // namespace millrace::api::events
