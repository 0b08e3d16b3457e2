#include "api/events/operations.h"

namespace millrace::api::events {
namespace {

constexpr Operation kOperations[] = {
    {"CancelReplay", CancelReplay},
    {"CreateApiDestination", CreateApiDestination},
    {"CreateArchive", CreateArchive},
    {"CreateConnection", CreateConnection},
    {"CreateEventBus", CreateEventBus},
    {"DeleteApiDestination", DeleteApiDestination},
    {"DeleteArchive", DeleteArchive},
    {"DeauthorizeConnection", DeauthorizeConnection},
    {"DeleteConnection", DeleteConnection},
    {"DeleteEventBus", DeleteEventBus},
    {"DeleteRule", DeleteRule},
    {"DescribeApiDestination", DescribeApiDestination},
    {"DescribeArchive", DescribeArchive},
    {"DescribeConnection", DescribeConnection},
    {"DescribeEventBus", DescribeEventBus},
    {"DescribeReplay", DescribeReplay},
    {"DescribeRule", DescribeRule},
    {"DisableRule", DisableRule},
    {"EnableRule", EnableRule},
    {"ListApiDestinations", ListApiDestinations},
    {"ListArchives", ListArchives},
    {"ListConnections", ListConnections},
    {"ListEventBuses", ListEventBuses},
    {"ListReplays", ListReplays},
    {"ListRuleNamesByTarget", ListRuleNamesByTarget},
    {"ListRules", ListRules},
    {"ListTagsForResource", ListTagsForResource},
    {"ListTargetsByRule", ListTargetsByRule},
    {"PutPermission", PutPermission},
    {"PutRule", PutRule},
    {"PutTargets", PutTargets},
    {"RemovePermission", RemovePermission},
    {"RemoveTargets", RemoveTargets},
    {"StartReplay", StartReplay},
    {"TagResource", TagResource},
    {"UntagResource", UntagResource},
    {"UpdateApiDestination", UpdateApiDestination},
    {"UpdateArchive", UpdateArchive},
    {"UpdateConnection", UpdateConnection},
    {"UpdateEventBus", UpdateEventBus},
};

}  // namespace

std::span<const Operation> Operations() {
  return kOperations;
}

const Operation* FindOperation(std::string_view name) {
  for (const Operation& operation : kOperations)
    if (operation.name == name) return &operation;
  return nullptr;
}

}  // namespace millrace::api::events
