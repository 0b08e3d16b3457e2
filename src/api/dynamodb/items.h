// Reading items and keys from a request, and the checks that do not depend on where they go.
//
// Threads: pure functions.
// Failure: InvalidArgument in AWS's words.
#pragma once

#include "base/error.h"
#include "json/value.h"
#include "model/attribute_value.h"
#include "model/key.h"

namespace millrace::api::dynamodb {

// An item, a key or a start key: parsed, attribute names not empty, nesting within the limit.
Result<model::Item> ReadItem(const json::Value& json);

// "Item size has exceeded the maximum allowed size".
Status CheckItemSize(const model::Item& item);

// A key attribute that has its type but is empty. Transactions and batches report it before anything else about keys.
bool HasEmptyKey(const model::KeySchema& schema, const model::Item& item);
// Every key attribute is there with its type.
bool HasKeyTypes(const model::KeySchema& schema, const model::Item& item);

inline constexpr std::string_view kKeyMismatch = "The provided key element does not match the schema";

}  // namespace millrace::api::dynamodb
