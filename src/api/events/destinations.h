// What connections and API destinations share: the running destinations follow both.
//
// Threads: as the operations.
#pragma once

#include <string_view>

#include "api/events/call.h"

namespace millrace::api::events {

// Makes the destination run as it is said now, and the rules' targets that lead to it with it.
Status RunDestination(const Call& call, const DestinationRecord& destination, const ConnectionRecord& connection);
// All destinations that use this connection.
Status RunDestinationsOf(const Call& call, const ConnectionRecord& connection);

std::string ConnectionArn(const Call& call, const ConnectionRecord& connection);

}  // namespace millrace::api::events
