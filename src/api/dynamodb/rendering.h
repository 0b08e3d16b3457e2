// Rendering stored items into an answer: straight from the bytes where the request takes them whole.
//
// Threads: pure functions.
// Failure: Corruption if the bytes are not an item.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "api/dynamodb/capacity.h"
#include "base/error.h"
#include "expr/projection.h"

namespace millrace::api::dynamodb {

// Appends {"name": {"S": …}, …}: the whole item, or what the projection takes of it.
Status AppendStored(std::string& out, std::string_view stored, const std::optional<expr::Projection>& projection);

// Zero if there is no item.
Result<std::size_t> StoredSizeOf(const std::optional<std::string>& stored);

inline ReadConsistency ConsistencyOf(std::optional<bool> consistent_read) {
  return consistent_read.value_or(false) ? ReadConsistency::kStrong : ReadConsistency::kEventual;
}

}  // namespace millrace::api::dynamodb
