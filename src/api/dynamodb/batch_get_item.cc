// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
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
#include "json/write.h"
#include "model/limits.h"

namespace millrace::api::dynamodb {
namespace {

constexpr std::array kKinds = {expr::ExpressionKind::kProjection};
constexpr std::array<std::string_view, 1> kLegacy = {"AttributesToGet"};

// What is asked of one table.
struct TableGet {
  std::string_view requested;    // name or ARN, as it stands in the request
  const json::Value* structure;  // echoed for the keys that were not read
  const json::Value* keys_json;
  bool consistent = false;
  std::optional<expr::Projection> projection = {};
  std::vector<model::Item> key_items = {};
  TablePtr table = {};
  std::vector<model::ItemKey> keys = {};
  std::size_t processed = 0;
  CapacityUnits units = {};
};

Result<TableGet> ReadTable(const json::Member& member) {
  aws::RequestReader reader(member.value);
  TableGet get{.requested = member.name, .structure = &member.value, .keys_json = reader.List("Keys")};
  get.consistent = reader.Boolean("ConsistentRead").value_or(false);
  TRY(reader.status());
  return get;
}

void CheckKeys(const TableGet& get, Constraints& constraints) {
  constexpr std::string_view kLength =
      "Value at 'RequestItems.{}.member.Keys' failed to satisfy constraint: Member must have length {} than or equal "
      "to {}";
  if (get.keys_json == nullptr)
    constraints.NotNull(false, fmt::format("requestItems.{}.member.keys", get.requested));
  else if (get.keys_json->array().empty())
    constraints.Add(fmt::format(kLength, get.requested, "greater", 1));
  else if (get.keys_json->array().size() > model::limits::kBatchGetKeysMax)
    constraints.Add(fmt::format(kLength, get.requested, "less", model::limits::kBatchGetKeysMax));
}

Status ReadExpressionsAndKeys(TableGet& get) {
  aws::RequestReader reader(*get.structure);
  ASSIGN_OR_RETURN(Expressions expressions, Expressions::Read(reader, {.kinds = kKinds, .legacy = kLegacy}));
  for (const json::Value& key : get.keys_json->array()) {
    if (!key.is_object()) return aws::WrongJsonType(key, "Structure");
    ASSIGN_OR_RETURN(model::Item item, ReadItem(key));
    get.key_items.push_back(std::move(item));
  }
  ASSIGN_OR_RETURN(get.projection, expressions.ParseProjection());
  return expressions.CheckAllUsed();
}

Result<std::vector<TableGet>> ReadRequest(const Call& call, CapacityDetail& detail) {
  aws::RequestReader reader(call.request);
  const json::Value* request_items = reader.Structure("RequestItems");
  const auto consumed_capacity = reader.String("ReturnConsumedCapacity");
  TRY(reader.status());
  Constraints constraints;
  TRY(CheckRequestItems(request_items, constraints));
  constraints.ReturnConsumedCapacity(consumed_capacity);
  TRY(constraints.Check());
  detail = CapacityDetailOf(consumed_capacity);

  std::vector<TableGet> gets;
  std::size_t keys = 0;
  for (const json::Member& member : request_items->object()) {
    ASSIGN_OR_RETURN(TableGet get, ReadTable(member));
    CheckKeys(get, constraints);
    if (get.keys_json != nullptr) keys += get.keys_json->array().size();
    gets.push_back(std::move(get));
  }
  TRY(constraints.Check());
  if (keys > model::limits::kBatchGetKeysMax)
    return InvalidArgument("Too many items requested for the BatchGetItem call");
  for (TableGet& get : gets) TRY(ReadExpressionsAndKeys(get));
  return gets;
}

Status FindTablesAndKeys(const Call& call, std::vector<TableGet>& gets) {
  for (TableGet& get : gets) {
    ASSIGN_OR_RETURN(get.table, GetTable(call, get.requested));
  }
  DistinctKeys distinct;
  for (TableGet& get : gets) {
    for (const model::Item& item : get.key_items) {
      ASSIGN_OR_RETURN(model::ItemKey key, model::KeyOfKeyItem(get.table->schema, item));
      if (!distinct.Add(*get.table, key)) return InvalidArgument("{}", kDuplicateKeys);
      get.keys.push_back(std::move(key));
    }
  }
  return Ok();
}

// Reads until the answer is full; what is left is told as unprocessed.
Status AppendItems(const Call& call, TableGet& get, std::size_t& bytes_left, json::Writer& writer) {
  writer.Key(get.requested);
  writer.BeginArray();
  const ReadConsistency consistency = get.consistent ? ReadConsistency::kStrong : ReadConsistency::kEventual;
  for (; get.processed < get.keys.size(); ++get.processed) {
    ASSIGN_OR_RETURN(const std::optional<std::string> stored, call.engine.Get(*get.table, get.keys[get.processed]));
    ASSIGN_OR_RETURN(const std::size_t size, StoredSizeOf(stored));
    if (size > bytes_left) break;
    bytes_left -= size;
    get.units += ReadUnits(size, consistency);
    if (stored) TRY(AppendStored(writer.RawValue(), *stored, get.projection));
  }
  writer.EndArray();
  return Ok();
}

// The request's own structure, with only the keys that are left.
void AppendUnprocessed(const TableGet& get, json::Writer& writer) {
  writer.Key(get.requested);
  writer.BeginObject();
  for (const json::Member& member : get.structure->object()) {
    if (member.value.is_null()) continue;
    writer.Key(member.name);
    if (member.name != "Keys") {
      writer.Value(member.value);
      continue;
    }
    writer.BeginArray();
    for (const json::Value& key : get.keys_json->array().subspan(get.processed)) writer.Value(key);
    writer.EndArray();
  }
  writer.EndObject();
}

}  // namespace

Result<Reply> BatchGetItem(const Call& call) {
  CapacityDetail detail = CapacityDetail::kNone;
  ASSIGN_OR_RETURN(std::vector<TableGet> gets, ReadRequest(call, detail));
  TRY(FindTablesAndKeys(call, gets));

  Reply reply;
  json::Writer writer(&reply.body);
  std::size_t bytes_left = model::limits::kBatchGetBytesMax;
  writer.BeginObject();
  writer.Key("Responses");
  writer.BeginObject();
  for (TableGet& get : gets) TRY(AppendItems(call, get, bytes_left, writer));
  writer.EndObject();
  writer.Key("UnprocessedKeys");
  writer.BeginObject();
  for (const TableGet& get : gets)
    if (get.processed < get.keys.size()) AppendUnprocessed(get, writer);
  writer.EndObject();
  if (detail != CapacityDetail::kNone) {
    writer.Key("ConsumedCapacity");
    writer.BeginArray();
    for (const TableGet& get : gets)
      if (get.processed > 0) AppendConsumedCapacity(writer, get.table->name, get.units, detail);
    writer.EndArray();
  }
  writer.EndObject();
  return reply;
}

}  // namespace millrace::api::dynamodb
