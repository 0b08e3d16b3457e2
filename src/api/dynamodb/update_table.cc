// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
//
// Only the stream can be switched so far.
#include "api/dynamodb/operations.h"
#include "api/dynamodb/stream_specification.h"
#include "api/dynamodb/table_description.h"
#include "api/dynamodb/tables.h"
#include "aws/request_reader.h"
#include "json/write.h"

namespace millrace::api::dynamodb {
namespace {

// Not here yet, each refused by name rather than ignored.
constexpr std::string_view kUnsupported[] = {
    "AttributeDefinitions",
    "BillingMode",
    "ProvisionedThroughput",
    "GlobalSecondaryIndexUpdates",
    "SSESpecification",
    "ReplicaUpdates",
    "TableClass",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "WarmThroughput",
    "GlobalTableWitnessUpdates",
    "MultiRegionConsistency",
    "VectorIndexUpdates",
};

Result<TablePtr> Switch(const Call& call, const engine::Table& table, std::optional<model::StreamViewType> view) {
  if (!view) return call.engine.DisableStream(table.id);
  return call.engine.EnableStream(table.id, *view);
}

}  // namespace

Result<Reply> UpdateTable(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto name = reader.String("TableName");
  const json::Value* stream = reader.Structure("StreamSpecification");
  TRY(reader.status());
  Constraints constraints;
  TRY(CheckTableName(name, constraints));
  StreamSpecification specification;
  if (stream != nullptr) {
    ASSIGN_OR_RETURN(specification, ReadStreamSpecification(*stream, constraints));
  }
  TRY(constraints.Check());
  for (const std::string_view member : kUnsupported)
    if (reader.Has(member))
      return InvalidArgument("UpdateTable does not support {} yet: only StreamSpecification can be changed", member);
  if (stream == nullptr)
    return InvalidArgument(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "
        "SSESpecification or ReplicaUpdates is required");
  ASSIGN_OR_RETURN(const auto view, StreamOfUpdate(specification));

  ASSIGN_OR_RETURN(const TablePtr before, GetDescribedTable(call, *name));
  ASSIGN_OR_RETURN(const TablePtr table, Switch(call, *before, view));
  return RenderTable("TableDescription", *table, *call.engine.catalogue(), TableStatus::kUpdating);
}

}  // namespace millrace::api::dynamodb
