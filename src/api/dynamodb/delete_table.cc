// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html
#include "api/dynamodb/operations.h"
#include "api/dynamodb/table_description.h"
#include "api/dynamodb/tables.h"
#include "aws/request_reader.h"
#include "json/write.h"

namespace millrace::api::dynamodb {

Result<Reply> DeleteTable(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto name = reader.String("TableName");
  TRY(reader.status());
  Constraints constraints;
  TRY(CheckTableName(name, constraints));
  TRY(constraints.Check());
  ASSIGN_OR_RETURN(const TablePtr table, GetDescribedTable(call, *name));
  ASSIGN_OR_RETURN(const TablePtr deleted, call.engine.DeleteTable(table->id));
  Reply reply;
  json::Writer writer(&reply.body);
  writer.BeginObject();
  writer.Key("TableDescription");
  AppendTableDescription(writer, *deleted, call.catalogue, TableStatus::kDeleting);
  writer.EndObject();
  return reply;
}

}  // namespace millrace::api::dynamodb
