// What TransactWriteItems and TransactGetItems share.
//
// Threads: confined to the request thread, but TableCapacities, which is a value.
// Failure: InvalidArgument in AWS's words.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "api/dynamodb/capacity.h"
#include "api/dynamodb/constraints.h"
#include "api/dynamodb/reply.h"
#include "api/dynamodb/tables.h"
#include "json/value.h"
#include "json/write.h"

namespace millrace::api::dynamodb {

inline constexpr std::string_view kValidationErrorCode = "ValidationError";
inline constexpr std::string_view kSameItemTwice = "Transaction request cannot include multiple operations on one item";
inline constexpr std::string_view kTransactionTooBig =
    "The aggregate size of the items in the transaction cannot exceed 4 MB";

// TransactItems is there and has 1 to 100 entries; reports what is in `constraints` too.
Status CheckTransactItems(const json::Value* items, Constraints& constraints);
// TableName of the action at `path` ("transactItems.1.member.put").
void CheckActionTableName(std::optional<std::string_view> name, std::string_view path, Constraints& constraints);

bool IsCancelled(std::span<const CancellationReason> reasons);

// Units by table, in order of appearance.
class TableCapacities {
 public:
  void Add(const TablePtr& table, CapacityUnits units);
  // The ConsumedCapacity member.
  void Append(json::Writer& writer, CapacityDetail detail, CapacityKind kind) const;

 private:
  std::vector<std::pair<TablePtr, CapacityUnits>> tables_;
};

}  // namespace millrace::api::dynamodb
