// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/dynamodb/batch.h"
#include "api/dynamodb/capacity.h"
#include "api/dynamodb/items.h"
#include "api/dynamodb/operations.h"
#include "api/dynamodb/tables.h"
#include "aws/request_reader.h"
#include "json/write.h"
#include "model/limits.h"

namespace millrace::api::dynamodb {
namespace {

using engine::ItemAction;

// A PutRequest or DeleteRequest as it stands in the request.
struct WriteRequest {
  std::string_view table;
  ItemAction::Kind kind;
  const json::Value* attributes;  // Item or Key
  model::Item item = {};
};

struct Prepared {
  engine::ItemWriteRequest request;
  CapacityDetail capacity = CapacityDetail::kNone;
  std::vector<TablePtr> tables;  // by action
};

Result<WriteRequest> ReadWriteRequest(std::string_view table, const json::Value& json, std::size_t position,
                                      Constraints& constraints) {
  aws::RequestReader reader(json);
  const json::Value* put = reader.Structure("PutRequest");
  const json::Value* deletion = reader.Structure("DeleteRequest");
  TRY(reader.status());
  if (put != nullptr && deletion != nullptr)
    return InvalidArgument(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes");
  if (put == nullptr && deletion == nullptr)
    return InvalidArgument("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
  aws::RequestReader inner(put != nullptr ? *put : *deletion);
  const json::Value* attributes = inner.Structure(put != nullptr ? "Item" : "Key");
  TRY(inner.status());
  constraints.NotNull(attributes != nullptr, fmt::format("requestItems.{}.member.{}.member.{}", table, position,
                                                         put != nullptr ? "putRequest.item" : "deleteRequest.key"));
  return WriteRequest{.table = table,
                      .kind = put != nullptr ? ItemAction::Kind::kPut : ItemAction::Kind::kDelete,
                      .attributes = attributes};
}

// The lists' lengths: AWS echoes the map here.
void CheckLength(const json::Member& member, Constraints& constraints) {
  const std::size_t length = member.value.array().size();
  if (length == 0)
    constraints.Add(fmt::format(
        "Value '{{{}=[]}}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member "
        "must have length less than or equal to {}, Member must have length greater than or equal to 1]",
        member.name, model::limits::kBatchWriteRequestsMax));
  else if (length > model::limits::kBatchWriteRequestsMax)
    constraints.Add(fmt::format(
        "Value at 'RequestItems.{}.member' failed to satisfy constraint: Member must have length less than or equal "
        "to {}",
        member.name, model::limits::kBatchWriteRequestsMax));
}

Result<std::vector<WriteRequest>> ReadRequests(const Call& call, CapacityDetail& detail) {
  aws::RequestReader reader(call.request);
  const json::Value* request_items = reader.Structure("RequestItems");
  const auto consumed_capacity = reader.String("ReturnConsumedCapacity");
  const auto collection_metrics = reader.String("ReturnItemCollectionMetrics");
  TRY(reader.status());
  // Unlike BatchGetItem, a malformed table name gives way to the enums.
  Constraints constraints;
  constraints.ReturnConsumedCapacity(consumed_capacity);
  constraints.ReturnItemCollectionMetrics(collection_metrics);
  TRY(constraints.Check());
  TRY(CheckRequestItems(request_items, constraints));
  TRY(constraints.Check());
  detail = CapacityDetailOf(consumed_capacity);

  std::size_t total = 0;
  for (const json::Member& member : request_items->object()) {
    if (!member.value.is_array()) return aws::WrongJsonType(member.value, "List");
    CheckLength(member, constraints);
    total += member.value.array().size();
  }
  TRY(constraints.Check());
  if (total > model::limits::kBatchWriteRequestsMax)
    return InvalidArgument("Too many items requested for the BatchWriteItem call");

  std::vector<WriteRequest> requests;
  requests.reserve(total);
  for (const json::Member& member : request_items->object()) {
    std::size_t position = 0;
    for (const json::Value& json : member.value.array()) {
      ASSIGN_OR_RETURN(WriteRequest request, ReadWriteRequest(member.name, json, ++position, constraints));
      requests.push_back(std::move(request));
    }
  }
  TRY(constraints.Check());
  for (WriteRequest& request : requests) {
    ASSIGN_OR_RETURN(request.item, ReadItem(*request.attributes));
    if (request.kind == ItemAction::Kind::kPut) TRY(CheckItemSize(request.item));
  }
  return requests;
}

Result<model::ItemKey> KeyOf(const model::KeySchema& schema, const WriteRequest& request) {
  if (request.kind == ItemAction::Kind::kDelete) return model::KeyOfKeyItem(schema, request.item);
  if (!HasKeyTypes(schema, request.item)) return InvalidArgument("{}", kKeyMismatch);
  return model::KeyOfItem(schema, request.item);
}

Result<Prepared> Prepare(const Call& call) {
  Prepared prepared;
  ASSIGN_OR_RETURN(std::vector<WriteRequest> requests, ReadRequests(call, prepared.capacity));
  for (const WriteRequest& request : requests) {
    ASSIGN_OR_RETURN(TablePtr table, GetTable(call, request.table));
    prepared.tables.push_back(std::move(table));
  }
  DistinctKeys distinct;
  prepared.request.actions.resize(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    ItemAction& action = prepared.request.actions[i];
    action.kind = requests[i].kind;
    action.table = prepared.tables[i];
    ASSIGN_OR_RETURN(action.key, KeyOf(action.table->schema, requests[i]));
    if (!distinct.Add(*action.table, action.key)) return InvalidArgument("{}", kDuplicateKeys);
    if (action.kind == ItemAction::Kind::kPut) action.put = model::StoreItem(requests[i].item);
  }
  return prepared;
}

// One entry per table, in order of appearance.
void AppendCapacity(json::Writer& writer, const Prepared& prepared, const std::vector<engine::ItemOutcome>& outcomes) {
  writer.Key("ConsumedCapacity");
  writer.BeginArray();
  for (std::size_t first = 0; first < prepared.tables.size(); ++first) {
    const auto same = [&](const TablePtr& table) { return table->id == prepared.tables[first]->id; };
    if (std::any_of(prepared.tables.begin(), prepared.tables.begin() + static_cast<std::ptrdiff_t>(first), same))
      continue;
    CapacityUnits units;
    for (std::size_t i = first; i < outcomes.size(); ++i)
      if (same(prepared.tables[i]))
        units += WriteUnits(static_cast<std::size_t>(std::max(outcomes[i].size_before, outcomes[i].size_after)));
    AppendConsumedCapacity(writer, prepared.tables[first]->name, units, prepared.capacity);
  }
  writer.EndArray();
}

Reply Render(const Prepared& prepared, const std::vector<engine::ItemOutcome>& outcomes) {
  for (const engine::ItemOutcome& outcome : outcomes)
    if (outcome.kind == engine::ItemOutcome::Kind::kInvalid) return RenderError(*outcome.error);
  Reply reply;
  json::Writer writer(&reply.body);
  writer.BeginObject();
  writer.Key("UnprocessedItems");
  writer.Raw("{}");
  if (prepared.capacity != CapacityDetail::kNone) AppendCapacity(writer, prepared, outcomes);
  writer.EndObject();
  return reply;
}

}  // namespace

void BatchWriteItem(const Call& call, Answer answer) {
  auto prepared = Prepare(call);
  if (!prepared.ok()) return answer.Fail(prepared.error());
  engine::ItemWriteRequest request = std::move(prepared->request);
  struct Pending {
    Prepared prepared;
    Answer answer;
  };
  auto pending = std::make_shared<Pending>(Pending{*std::move(prepared), std::move(answer)});
  call.engine.Write(std::move(request), [pending](Result<engine::WriteResult> result) {
    if (!result.ok()) return pending->answer.Fail(result.error());
    pending->answer.Send(Render(pending->prepared, result->outcomes));
  });
}

}  // namespace millrace::api::dynamodb
