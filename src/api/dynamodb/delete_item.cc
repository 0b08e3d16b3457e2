// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteItem.html
#include <array>
#include <utility>

#include "api/dynamodb/expressions.h"
#include "api/dynamodb/items.h"
#include "api/dynamodb/operations.h"
#include "api/dynamodb/single_write.h"
#include "api/dynamodb/tables.h"

namespace millrace::api::dynamodb {
namespace {

constexpr std::array kKinds = {expr::ExpressionKind::kCondition};
constexpr std::array<std::string_view, 2> kLegacy = {"Expected", "ConditionalOperator"};

struct Validated {
  WriteMembers members;
  model::Item key;
  std::optional<expr::Condition> condition;
};

Result<Validated> Validate(const Call& call) {
  aws::RequestReader reader(call.request);
  Validated request;
  request.members = WriteMembers::Read(reader);
  const json::Value* key = reader.Structure("Key");
  TRY(reader.status());

  Constraints constraints;
  TRY(CheckMembers(request.members, constraints));
  constraints.NotNull(key != nullptr, "key");
  TRY(constraints.Check());

  ASSIGN_OR_RETURN(Expressions expressions, Expressions::Read(reader, {.kinds = kKinds, .legacy = kLegacy}));
  ASSIGN_OR_RETURN(request.key, ReadItem(*key));
  TRY(CheckReturnsOldOrNothing(request.members));
  ASSIGN_OR_RETURN(request.condition, expressions.ParseCondition(expr::ExpressionKind::kCondition));
  TRY(expressions.CheckAllUsed());
  return request;
}

Result<SingleWrite> Prepare(const Call& call) {
  auto validated = Validate(call);
  if (!validated.ok()) return InEnvelope(validated.error());

  SingleWrite write;
  ASSIGN_OR_RETURN(write.action.table, GetTable(call, *validated->members.table));
  ASSIGN_OR_RETURN(write.action.key, model::KeyOfKeyItem(write.action.table->schema, validated->key));
  write.action.kind = engine::ItemAction::Kind::kDelete;
  write.action.condition = std::move(validated->condition);
  write.SetAnswer(validated->members);
  return write;
}

}  // namespace

void DeleteItem(const Call& call, Answer answer) {
  Submit(call.engine, Prepare(call), std::move(answer));
}

}  // namespace millrace::api::dynamodb
