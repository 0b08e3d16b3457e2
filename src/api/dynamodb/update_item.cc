// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
#include <array>
#include <utility>

#include "api/dynamodb/expressions.h"
#include "api/dynamodb/items.h"
#include "api/dynamodb/operations.h"
#include "api/dynamodb/single_write.h"
#include "api/dynamodb/tables.h"

namespace millrace::api::dynamodb {
namespace {

constexpr std::array kKinds = {expr::ExpressionKind::kUpdate, expr::ExpressionKind::kCondition};
constexpr std::array<std::string_view, 3> kLegacy = {"AttributeUpdates", "Expected", "ConditionalOperator"};

struct Validated {
  WriteMembers members;
  model::Item key;
  std::optional<expr::Update> update;
  std::optional<expr::Condition> condition;
};

Result<Validated> Validate(const Call& call) {
  aws::RequestReader reader(call.request);
  Validated request;
  request.members = WriteMembers::Read(reader);
  const json::Value* key = reader.Structure("Key");
  TRY(reader.status());

  Constraints constraints;
  Constraints return_values;
  TRY(CheckTableName(request.members.table, constraints));
  // Alone among the operations, this one reports a wrong ReturnValues before and without the others.
  return_values.ReturnValues(request.members.return_values);
  if (constraints.ok()) TRY(return_values.Check());
  constraints.ReturnConsumedCapacity(request.members.consumed_capacity);
  constraints.ReturnItemCollectionMetrics(request.members.collection_metrics);
  constraints.ReturnValuesOnConditionCheckFailure(request.members.on_condition_failure,
                                                  "returnValuesOnConditionCheckFailure");
  constraints.NotNull(key != nullptr, "key");
  TRY(constraints.Check());

  ASSIGN_OR_RETURN(Expressions expressions, Expressions::Read(reader, {.kinds = kKinds, .legacy = kLegacy}));
  ASSIGN_OR_RETURN(request.key, ReadItem(*key));
  ASSIGN_OR_RETURN(request.update, expressions.ParseUpdate());
  ASSIGN_OR_RETURN(request.condition, expressions.ParseCondition(expr::ExpressionKind::kCondition));
  TRY(expressions.CheckAllUsed());
  return request;
}

Result<SingleWrite> Prepare(const Call& call) {
  auto validated = Validate(call);
  if (!validated.ok()) return InEnvelope(validated.error());

  SingleWrite write;
  ASSIGN_OR_RETURN(write.action.table, GetTable(call, *validated->members.table));
  const model::KeySchema& schema = write.action.table->schema;
  ASSIGN_OR_RETURN(write.action.key, model::KeyOfKeyItem(schema, validated->key));
  if (validated->update) TRY(validated->update->CheckNoKeyAttributes(schema));
  write.action.kind = engine::ItemAction::Kind::kUpdate;
  write.action.item = std::move(validated->key);
  write.action.update = std::move(validated->update);
  write.action.condition = std::move(validated->condition);
  write.SetAnswer(validated->members);
  return write;
}

}  // namespace

void UpdateItem(const Call& call, Answer answer) {
  Submit(call.engine, Prepare(call), std::move(answer));
}

}  // namespace millrace::api::dynamodb
