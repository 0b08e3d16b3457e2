// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html
#include <array>
#include <utility>

#include "api/dynamodb/capacity.h"
#include "api/dynamodb/expressions.h"
#include "api/dynamodb/items.h"
#include "api/dynamodb/operations.h"
#include "api/dynamodb/rendering.h"
#include "api/dynamodb/tables.h"

namespace millrace::api::dynamodb {
namespace {

constexpr std::array kKinds = {expr::ExpressionKind::kProjection};
constexpr std::array<std::string_view, 1> kLegacy = {"AttributesToGet"};

}  // namespace

Result<Reply> GetItem(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto table_name = reader.String("TableName");
  const auto consistent = reader.Boolean("ConsistentRead");
  const auto consumed_capacity = reader.String("ReturnConsumedCapacity");
  const json::Value* key_json = reader.Structure("Key");
  TRY(reader.status());

  Constraints constraints;
  constraints.ReturnConsumedCapacity(consumed_capacity);
  TRY(CheckTableName(table_name, constraints));
  constraints.NotNull(key_json != nullptr, "key");
  TRY(constraints.Check());

  ASSIGN_OR_RETURN(Expressions expressions, Expressions::Read(reader, {.kinds = kKinds, .legacy = kLegacy}));
  ASSIGN_OR_RETURN(const model::Item key_item, ReadItem(*key_json));
  ASSIGN_OR_RETURN(const auto projection, expressions.ParseProjection());
  TRY(expressions.CheckAllUsed());

  ASSIGN_OR_RETURN(const TablePtr table, GetTable(call, *table_name));
  ASSIGN_OR_RETURN(const model::ItemKey key, model::KeyOfKeyItem(table->schema, key_item));
  ASSIGN_OR_RETURN(const std::optional<std::string> stored, call.engine.Get(*table, key));

  Reply reply;
  json::Writer writer(&reply.body);
  writer.BeginObject();
  if (stored) {
    reply.body.reserve(stored->size() * 2 + 64);
    writer.Key("Item");
    TRY(AppendStored(writer.RawValue(), *stored, projection));
  }
  if (const CapacityDetail detail = CapacityDetailOf(consumed_capacity); detail != CapacityDetail::kNone) {
    ASSIGN_OR_RETURN(const std::size_t bytes, StoredSizeOf(stored));
    writer.Key("ConsumedCapacity");
    AppendConsumedCapacity(writer, table->name, ReadUnits(bytes, ConsistencyOf(consistent)), detail);
  }
  writer.EndObject();
  return reply;
}

}  // namespace millrace::api::dynamodb
