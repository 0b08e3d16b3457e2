#include "api/dynamodb/operations.h"

#include <algorithm>

namespace millrace::api::dynamodb {
namespace {

using enum Operation::Access;

constexpr Operation kOperations[] = {
    {.name = "BatchGetItem", .access = kRead, .now = BatchGetItem},
    {.name = "BatchWriteItem", .access = kWrite, .later = BatchWriteItem},
    {.name = "CreateTable", .access = kWrite, .now = CreateTable},
    {.name = "DeleteItem", .access = kWrite, .later = DeleteItem},
    {.name = "DeleteTable", .access = kWrite, .now = DeleteTable},
    {.name = "DescribeEndpoints", .access = kRead, .now = DescribeEndpoints},
    {.name = "DescribeLimits", .access = kRead, .now = DescribeLimits},
    {.name = "DescribeTable", .access = kRead, .now = DescribeTable},
    {.name = "GetItem", .access = kRead, .now = GetItem},
    {.name = "ListTables", .access = kRead, .now = ListTables},
    {.name = "PutItem", .access = kWrite, .later = PutItem},
    {.name = "Query", .access = kRead, .now = Query},
    {.name = "Scan", .access = kRead, .now = Scan},
    {.name = "TransactGetItems", .access = kRead, .now = TransactGetItems},
    {.name = "TransactWriteItems", .access = kWrite, .later = TransactWriteItems},
    {.name = "UpdateItem", .access = kWrite, .later = UpdateItem},
    {.name = "UpdateTable", .access = kWrite, .now = UpdateTable},
};

}  // namespace

std::span<const Operation> Operations() {
  return kOperations;
}

const Operation* FindOperation(std::string_view name) {
  const auto* end = std::end(kOperations);
  const auto* found = std::lower_bound(std::begin(kOperations), end, name,
                                       [](const Operation& row, std::string_view wanted) { return row.name < wanted; });
  return found != end && found->name == name ? found : nullptr;
}

}  // namespace millrace::api::dynamodb
