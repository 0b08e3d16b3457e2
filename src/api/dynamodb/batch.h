// What BatchGetItem and BatchWriteItem share: the checks of the RequestItems map and the search for duplicate keys.
//
// Threads: confined to the request thread.
// Failure: InvalidArgument in AWS's words.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "api/dynamodb/constraints.h"
#include "base/error.h"
#include "engine/catalogue.h"
#include "json/value.h"
#include "model/key.h"

namespace millrace::api::dynamodb {

// RequestItems is there, is not empty, and its keys are names or ARNs of tables. An absent or empty map is reported at
// once, a malformed name goes to `constraints`.
Status CheckRequestItems(const json::Value* request_items, Constraints& constraints);

// Items that a request has named so far.
class DistinctKeys {
 public:
  // False if this item was named before.
  bool Add(const engine::Table& table, const model::ItemKey& key);

 private:
  std::unordered_set<std::string> seen_;
};

inline constexpr std::string_view kDuplicateKeys = "Provided list of item keys contains duplicates";

}  // namespace millrace::api::dynamodb
