// Fingerprint is a hash of a JSON value that does not depend on the order of members: it tells whether two transactions
// with one ClientRequestToken ask for the same.
//
// Threads: pure function.
// Format:  kept on disk with the token; never change.
#pragma once

#include <cstdint>

#include "json/value.h"

namespace millrace::api::dynamodb {

// Members that are null count as absent.
std::uint64_t Fingerprint(const json::Value& value);

}  // namespace millrace::api::dynamodb
