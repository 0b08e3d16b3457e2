// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "api/dynamodb/batch.h"
#include "api/dynamodb/capacity.h"
#include "api/dynamodb/expressions.h"
#include "api/dynamodb/items.h"
#include "api/dynamodb/operations.h"
#include "api/dynamodb/rendering.h"
#include "api/dynamodb/tables.h"
#include "api/dynamodb/transaction.h"
#include "json/write.h"
#include "model/codec.h"
#include "model/dynamodb_json.h"
#include "model/limits.h"

namespace millrace::api::dynamodb {
namespace {

constexpr std::array kKinds = {expr::ExpressionKind::kProjection};

struct Get {
  const json::Value* structure = nullptr;
  std::string_view table_name = {};
  const json::Value* key_json = nullptr;
  model::Item key_item = {};
  std::optional<expr::Projection> projection = {};
  TablePtr table = {};
  model::ItemKey key = {};
};

Result<Get> ReadMembers(const json::Value& json, std::size_t position, Constraints& constraints) {
  aws::RequestReader outer(json);
  Get get{.structure = outer.Structure("Get")};
  TRY(outer.status());
  const std::string path = fmt::format("transactItems.{}.member.get", position);
  constraints.NotNull(get.structure != nullptr, path);
  if (get.structure == nullptr) return get;
  aws::RequestReader reader(*get.structure);
  const auto table_name = reader.String("TableName");
  get.key_json = reader.Structure("Key");
  TRY(reader.status());
  CheckActionTableName(table_name, path, constraints);
  constraints.NotNull(get.key_json != nullptr, path + ".key");
  get.table_name = table_name.value_or("");
  return get;
}

Status ReadExpressions(Get& get) {
  aws::RequestReader reader(*get.structure);
  ASSIGN_OR_RETURN(Expressions expressions, Expressions::Read(reader, {.kinds = kKinds}));
  ASSIGN_OR_RETURN(get.projection, expressions.ParseProjection());
  TRY(expressions.CheckAllUsed());
  ASSIGN_OR_RETURN(get.key_item, ReadItem(*get.key_json));
  return Ok();
}

Result<std::vector<Get>> ReadRequest(const Call& call, CapacityDetail& detail) {
  aws::RequestReader reader(call.request);
  const json::Value* items = reader.List("TransactItems");
  const auto consumed_capacity = reader.String("ReturnConsumedCapacity");
  TRY(reader.status());
  Constraints constraints;
  constraints.ReturnConsumedCapacity(consumed_capacity);
  TRY(CheckTransactItems(items, constraints));
  detail = CapacityDetailOf(consumed_capacity);

  std::vector<Get> gets;
  for (const json::Value& json : items->array()) {
    ASSIGN_OR_RETURN(Get get, ReadMembers(json, gets.size() + 1, constraints));
    gets.push_back(std::move(get));
  }
  TRY(constraints.Check());
  for (Get& get : gets) TRY(ReadExpressions(get));
  return gets;
}

// One reason per action; all "None" if every key fits its table.
Result<std::vector<CancellationReason>> FindTablesAndKeys(const Call& call, std::vector<Get>& gets) {
  for (Get& get : gets) {
    ASSIGN_OR_RETURN(get.table, GetTable(call, get.table_name));
  }
  std::vector<CancellationReason> reasons(gets.size());
  DistinctKeys distinct;
  for (std::size_t i = 0; i < gets.size(); ++i) {
    auto key = model::KeyOfKeyItem(gets[i].table->schema, gets[i].key_item);
    if (!key.ok()) {
      if (HasEmptyKey(gets[i].table->schema, gets[i].key_item)) return key.error();
      reasons[i] = {.code = kValidationErrorCode, .message = key.error().message(), .item = {}};
      continue;
    }
    gets[i].key = *std::move(key);
    if (!distinct.Add(*gets[i].table, gets[i].key)) return InvalidArgument("{}", kSameItemTwice);
  }
  return reasons;
}

Status AppendResponse(json::Writer& writer, const Get& get, const std::optional<std::string>& stored) {
  writer.BeginObject();
  if (stored && !get.projection) {
    writer.Key("Item");
    TRY(model::AppendStoredAsDynamoDbJson(writer.RawValue(), *stored));
  } else if (stored) {
    // An item of which the projection takes nothing is not told at all.
    ASSIGN_OR_RETURN(const model::Item item, model::DecodeItem(*stored));
    if (const model::Item projected = get.projection->Project(item); !projected.empty()) {
      writer.Key("Item");
      model::AppendDynamoDbJson(writer.RawValue(), projected);
    }
  }
  writer.EndObject();
  return Ok();
}

}  // namespace

Result<Reply> TransactGetItems(const Call& call) {
  CapacityDetail detail = CapacityDetail::kNone;
  ASSIGN_OR_RETURN(std::vector<Get> gets, ReadRequest(call, detail));
  ASSIGN_OR_RETURN(const std::vector<CancellationReason> reasons, FindTablesAndKeys(call, gets));
  if (IsCancelled(reasons)) return RenderTransactionCancelled(reasons);

  TableCapacities capacities;
  std::size_t bytes = 0;
  Reply reply;
  json::Writer writer(&reply.body);
  writer.BeginObject();
  writer.Key("Responses");
  writer.BeginArray();
  const auto snapshot = call.engine.NewSnapshot();
  for (const Get& get : gets) {
    ASSIGN_OR_RETURN(const std::optional<std::string> stored, call.engine.Get(*get.table, get.key, snapshot.get()));
    ASSIGN_OR_RETURN(const std::size_t size, StoredSizeOf(stored));
    bytes += size;
    if (bytes > model::limits::kTransactionBytesMax) return InvalidArgument("{}", kTransactionTooBig);
    capacities.Add(get.table, ReadUnits(size, ReadConsistency::kStrong) * kTransactionFactor);
    TRY(AppendResponse(writer, get, stored));
  }
  writer.EndArray();
  if (detail != CapacityDetail::kNone) capacities.Append(writer, detail, CapacityKind::kRead);
  writer.EndObject();
  return reply;
}

}  // namespace millrace::api::dynamodb
