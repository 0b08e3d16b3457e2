// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html
#include "api/dynamodb/operations.h"
#include "api/dynamodb/table_description.h"
#include "api/dynamodb/tables.h"

namespace millrace::api::dynamodb {

Result<Reply> DeleteTable(const Call& call) {
  ASSIGN_OR_RETURN(const TablePtr table, GetDescribedTable(call));
  ASSIGN_OR_RETURN(const TablePtr deleted, call.engine.DeleteTable(table->id));
  return RenderTable("TableDescription", *deleted, call.catalogue, TableStatus::kDeleting);
}

}  // namespace millrace::api::dynamodb
