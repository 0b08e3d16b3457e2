// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/dynamodb/batch.h"
#include "api/dynamodb/capacity.h"
#include "api/dynamodb/expressions.h"
#include "api/dynamodb/fingerprint.h"
#include "api/dynamodb/items.h"
#include "api/dynamodb/operations.h"
#include "api/dynamodb/tables.h"
#include "api/dynamodb/transaction.h"
#include "json/write.h"
#include "model/limits.h"

namespace millrace::api::dynamodb {
namespace {

using engine::ItemAction;
using engine::ItemOutcome;
using expr::ExpressionKind;

constexpr std::size_t kTokenBytesMax = 36;

// The four kinds of action and what distinguishes them on the wire.
struct ActionShape {
  std::string_view name;  // the member of a TransactWriteItem
  std::string_view path;  // the same in messages
  ItemAction::Kind kind;
  std::string_view attributes;       // the member with the item or the key
  std::string_view attributes_path;  // the same in messages
  std::span<const ExpressionKind> expressions;
};

constexpr std::array kConditionOnly = {ExpressionKind::kCondition};
constexpr std::array kUpdateAndCondition = {ExpressionKind::kUpdate, ExpressionKind::kCondition};
constexpr ActionShape kShapes[] = {
    {"ConditionCheck", "conditionCheck", ItemAction::Kind::kCheck, "Key", "key", kConditionOnly},
    {"Put", "put", ItemAction::Kind::kPut, "Item", "item", kConditionOnly},
    {"Delete", "delete", ItemAction::Kind::kDelete, "Key", "key", kConditionOnly},
    {"Update", "update", ItemAction::Kind::kUpdate, "Key", "key", kUpdateAndCondition},
};

// One action as it is read, step by step.
struct Action {
  const ActionShape* shape = nullptr;
  const json::Value* structure = nullptr;
  const json::Value* attributes_json = nullptr;
  std::string_view table_name;
  bool item_on_condition_failure = false;
  model::Item attributes;
  std::optional<expr::Update> update;
  std::optional<expr::Condition> condition;
  TablePtr table;
  model::ItemKey key;
};

struct Request {
  std::vector<Action> actions;
  std::string token;
  std::uint64_t token_hash = 0;
  CapacityDetail capacity = CapacityDetail::kNone;
};

// What the completion needs.
struct Pending {
  struct ActionAnswer {
    TablePtr table;
    bool item_on_condition_failure = false;
  };
  std::vector<ActionAnswer> actions;
  CapacityDetail capacity;
  Answer answer;
};

Result<Action> ReadMembers(const json::Value& json, std::size_t position, Constraints& constraints) {
  aws::RequestReader outer(json);
  Action action;
  for (const ActionShape& shape : kShapes) {
    const json::Value* structure = outer.Structure(shape.name);
    if (structure == nullptr) continue;
    if (action.structure != nullptr)
      return InvalidArgument("TransactItems can only contain one of Check, Put, Update or Delete");
    action.shape = &shape;
    action.structure = structure;
  }
  TRY(outer.status());
  if (action.structure == nullptr)
    return InvalidArgument("TransactItems can only contain one of Check, Put, Update or Delete");

  aws::RequestReader reader(*action.structure);
  const auto table_name = reader.String("TableName");
  const auto on_failure = reader.String("ReturnValuesOnConditionCheckFailure");
  action.attributes_json = reader.Structure(action.shape->attributes);
  TRY(reader.status());
  const std::string path = fmt::format("transactItems.{}.member.{}", position, action.shape->path);
  CheckActionTableName(table_name, path, constraints);
  constraints.NotNull(action.attributes_json != nullptr, fmt::format("{}.{}", path, action.shape->attributes_path));
  if (action.shape->kind == ItemAction::Kind::kCheck)
    constraints.NotNull(reader.Has("ConditionExpression"), path + ".conditionExpression");
  if (action.shape->kind == ItemAction::Kind::kUpdate)
    constraints.NotNull(reader.Has("UpdateExpression"), path + ".updateExpression");
  constraints.ReturnValuesOnConditionCheckFailure(on_failure, path + ".returnValuesOnConditionCheckFailure");
  action.table_name = table_name.value_or("");
  action.item_on_condition_failure = on_failure == "ALL_OLD";
  return action;
}

Status ReadExpressionsAndAttributes(Action& action) {
  aws::RequestReader reader(*action.structure);
  ASSIGN_OR_RETURN(Expressions expressions, Expressions::Read(reader, {.kinds = action.shape->expressions}));
  ASSIGN_OR_RETURN(action.update, expressions.ParseUpdate());
  ASSIGN_OR_RETURN(action.condition, expressions.ParseCondition(ExpressionKind::kCondition));
  TRY(expressions.CheckAllUsed());
  ASSIGN_OR_RETURN(action.attributes, ReadItem(*action.attributes_json));
  if (action.shape->kind == ItemAction::Kind::kPut) TRY(CheckItemSize(action.attributes));
  return Ok();
}

Status CheckToken(std::optional<std::string_view> token) {
  constexpr std::string_view kLength =
      "Value at 'ClientRequestToken' failed to satisfy constraint: Member must have length {} than or equal to {}";
  if (!token) return Ok();
  if (token->empty()) return OneValidationError(fmt::format(kLength, "greater", 1));
  if (token->size() > kTokenBytesMax) return OneValidationError(fmt::format(kLength, "less", kTokenBytesMax));
  return Ok();
}

Result<Request> ReadRequest(const Call& call) {
  aws::RequestReader reader(call.request);
  const json::Value* items = reader.List("TransactItems");
  const auto token = reader.String("ClientRequestToken");
  const auto consumed_capacity = reader.String("ReturnConsumedCapacity");
  const auto collection_metrics = reader.String("ReturnItemCollectionMetrics");
  TRY(reader.status());
  TRY(CheckToken(token));
  Constraints constraints;
  constraints.ReturnConsumedCapacity(consumed_capacity);
  constraints.ReturnItemCollectionMetrics(collection_metrics);
  TRY(CheckTransactItems(items, constraints));

  Request request;
  request.token = token.value_or("");
  if (token) request.token_hash = Fingerprint(*items);
  request.capacity = CapacityDetailOf(consumed_capacity);
  for (const json::Value& json : items->array()) {
    ASSIGN_OR_RETURN(Action action, ReadMembers(json, request.actions.size() + 1, constraints));
    request.actions.push_back(std::move(action));
  }
  TRY(constraints.Check());
  for (Action& action : request.actions) TRY(ReadExpressionsAndAttributes(action));
  return request;
}

Result<model::ItemKey> KeyOf(const Action& action) {
  const model::KeySchema& schema = action.table->schema;
  if (action.shape->kind == ItemAction::Kind::kPut) return model::KeyOfItem(schema, action.attributes);
  ASSIGN_OR_RETURN(model::ItemKey key, model::KeyOfKeyItem(schema, action.attributes));
  if (action.update) TRY(action.update->CheckNoKeyAttributes(schema));
  return key;
}

// What a key is wrong about cancels the transaction; only an empty value is reported for the request as a whole.
Result<std::vector<CancellationReason>> FindTablesAndKeys(const Call& call, std::vector<Action>& actions) {
  for (Action& action : actions) {
    ASSIGN_OR_RETURN(action.table, GetTable(call, action.table_name));
  }
  std::vector<CancellationReason> reasons(actions.size());
  DistinctKeys distinct;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    Action& action = actions[i];
    auto key = KeyOf(action);
    if (!key.ok()) {
      if (HasEmptyKey(action.table->schema, action.attributes)) return key.error();
      reasons[i] = {.code = kValidationErrorCode, .message = key.error().message(), .item = {}};
      continue;
    }
    action.key = *std::move(key);
    if (!distinct.Add(*action.table, action.key)) return InvalidArgument("{}", kSameItemTwice);
    bytes += model::SizeBytes(action.attributes);
  }
  if (bytes > model::limits::kTransactionBytesMax) return InvalidArgument("{}", kTransactionTooBig);
  return reasons;
}

engine::ItemWriteRequest ToEngine(Request request) {
  engine::ItemWriteRequest write;
  write.mode = engine::WriteMode::kTransaction;
  write.token = std::move(request.token);
  write.token_hash = request.token_hash;
  write.actions.reserve(request.actions.size());
  for (Action& action : request.actions) {
    ItemAction& made = write.actions.emplace_back();
    made.kind = action.shape->kind;
    made.table = std::move(action.table);
    made.key = std::move(action.key);
    if (made.kind == ItemAction::Kind::kPut) made.put = model::StoreItem(action.attributes);
    if (made.kind == ItemAction::Kind::kUpdate) made.item = std::move(action.attributes);
    made.update = std::move(action.update);
    made.condition = std::move(action.condition);
  }
  return write;
}

// nullopt: it happened.
std::optional<Reply> RenderFailure(const Pending& pending, std::vector<ItemOutcome>& outcomes) {
  std::vector<CancellationReason> reasons(outcomes.size());
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    ItemOutcome& outcome = outcomes[i];
    if (outcome.kind == ItemOutcome::Kind::kConditionFailed) {
      reasons[i].code = "ConditionalCheckFailed";
      reasons[i].message = "The conditional request failed";
      if (pending.actions[i].item_on_condition_failure) reasons[i].item = std::move(outcome.before);
    } else if (outcome.kind == ItemOutcome::Kind::kInvalid) {
      if (outcome.error->code() != ErrorCode::kInvalidArgument) return RenderError(*outcome.error);
      reasons[i].code = kValidationErrorCode;
      reasons[i].message = outcome.error->message();
    }
  }
  if (!IsCancelled(reasons)) return std::nullopt;
  return RenderTransactionCancelled(reasons);
}

Reply Render(const Pending& pending, engine::WriteResult& result) {
  if (auto failure = RenderFailure(pending, result.outcomes)) return *std::move(failure);
  Reply reply;
  json::Writer writer(&reply.body);
  writer.BeginObject();
  if (pending.capacity != CapacityDetail::kNone) {
    // A repeated token is charged as the reads that found it done.
    TableCapacities capacities;
    for (std::size_t i = 0; i < pending.actions.size(); ++i) {
      const CapacityUnits units = result.replayed
                                      ? ReadUnits(0, ReadConsistency::kStrong)
                                      : WriteUnits(static_cast<std::size_t>(
                                            std::max(result.outcomes[i].size_before, result.outcomes[i].size_after)));
      capacities.Add(pending.actions[i].table, units * kTransactionFactor);
    }
    capacities.Append(writer, pending.capacity, result.replayed ? CapacityKind::kRead : CapacityKind::kWrite);
  }
  writer.EndObject();
  return reply;
}

}  // namespace

void TransactWriteItems(const Call& call, Answer answer) {
  auto request = ReadRequest(call);
  if (!request.ok()) return answer.Fail(request.error());
  const auto reasons = FindTablesAndKeys(call, request->actions);
  if (!reasons.ok()) return answer.Fail(reasons.error());
  if (IsCancelled(*reasons)) return answer.Send(RenderTransactionCancelled(*reasons));

  auto pending =
      std::make_shared<Pending>(Pending{.actions = {}, .capacity = request->capacity, .answer = std::move(answer)});
  for (const Action& action : request->actions)
    pending->actions.push_back({action.table, action.item_on_condition_failure});
  call.engine.Write(ToEngine(*std::move(request)), [pending](Result<engine::WriteResult> result) {
    if (!result.ok()) return pending->answer.Fail(result.error());
    pending->answer.Send(Render(*pending, *result));
  });
}

}  // namespace millrace::api::dynamodb
