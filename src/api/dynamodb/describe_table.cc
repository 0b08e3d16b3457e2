// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html
#include "api/dynamodb/operations.h"
#include "api/dynamodb/table_description.h"
#include "api/dynamodb/tables.h"

namespace millrace::api::dynamodb {

Result<Reply> DescribeTable(const Call& call) {
  ASSIGN_OR_RETURN(const TablePtr table, GetDescribedTable(call));
  return RenderTable("Table", *table, call.catalogue, TableStatus::kActive);
}

}  // namespace millrace::api::dynamodb
