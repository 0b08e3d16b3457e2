// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html
#include "api/dynamodb/operations.h"
#include "api/dynamodb/table_description.h"
#include "api/dynamodb/tables.h"
#include "aws/request_reader.h"
#include "json/write.h"

namespace millrace::api::dynamodb {

Result<Reply> DescribeTable(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto name = reader.String("TableName");
  TRY(reader.status());
  Constraints constraints;
  TRY(CheckTableName(name, constraints));
  TRY(constraints.Check());
  ASSIGN_OR_RETURN(const TablePtr table, GetDescribedTable(call, *name));
  Reply reply;
  json::Writer writer(&reply.body);
  writer.BeginObject();
  writer.Key("Table");
  AppendTableDescription(writer, *table, call.catalogue, TableStatus::kActive);
  writer.EndObject();
  return reply;
}

}  // namespace millrace::api::dynamodb
