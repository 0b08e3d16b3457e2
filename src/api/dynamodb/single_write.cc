#include "api/dynamodb/single_write.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "api/dynamodb/tables.h"
#include "json/write.h"
#include "model/codec.h"
#include "model/dynamodb_json.h"

namespace millrace::api::dynamodb {
namespace {

using engine::ItemOutcome;

// Appends the Attributes member, or nothing if there is nothing to tell.
Status AppendAttributes(json::Writer& writer, const SingleWrite& write, const ItemOutcome& outcome) {
  const bool old = write.return_values == ReturnValues::kAllOld || write.return_values == ReturnValues::kUpdatedOld;
  const std::optional<std::string>& stored = old ? outcome.before : outcome.after;
  if (write.return_values == ReturnValues::kNone || !stored) return Ok();
  if (write.return_values == ReturnValues::kAllOld || write.return_values == ReturnValues::kAllNew) {
    writer.Key("Attributes");
    return model::AppendStoredAsDynamoDbJson(writer.RawValue(), *stored);
  }
  if (!write.action.update) return Ok();
  ASSIGN_OR_RETURN(const model::Item item, model::DecodeItem(*stored));
  const model::Item touched = write.action.update->ProjectTargets(item);
  if (touched.empty()) return Ok();
  writer.Key("Attributes");
  model::AppendDynamoDbJson(writer.RawValue(), touched);
  return Ok();
}

Result<Reply> RenderApplied(const SingleWrite& write, const ItemOutcome& outcome) {
  Reply reply;
  json::Writer writer(&reply.body);
  writer.BeginObject();
  TRY(AppendAttributes(writer, write, outcome));
  if (write.capacity != CapacityDetail::kNone) {
    writer.Key("ConsumedCapacity");
    AppendConsumedCapacity(writer, write.action.table->name,
                           WriteUnits(static_cast<std::size_t>(std::max(outcome.size_before, outcome.size_after))),
                           write.capacity);
  }
  writer.EndObject();
  return reply;
}

}  // namespace

WriteMembers WriteMembers::Read(aws::RequestReader& reader) {
  return {.table = reader.String("TableName"),
          .return_values = reader.String("ReturnValues"),
          .on_condition_failure = reader.String("ReturnValuesOnConditionCheckFailure"),
          .consumed_capacity = reader.String("ReturnConsumedCapacity"),
          .collection_metrics = reader.String("ReturnItemCollectionMetrics")};
}

void SingleWrite::SetAnswer(const WriteMembers& members) {
  if (members.return_values == "ALL_OLD") return_values = ReturnValues::kAllOld;
  if (members.return_values == "UPDATED_OLD") return_values = ReturnValues::kUpdatedOld;
  if (members.return_values == "ALL_NEW") return_values = ReturnValues::kAllNew;
  if (members.return_values == "UPDATED_NEW") return_values = ReturnValues::kUpdatedNew;
  item_on_condition_failure = members.on_condition_failure == "ALL_OLD";
  capacity = CapacityDetailOf(members.consumed_capacity);
}

Status CheckMembers(const WriteMembers& members, Constraints& constraints) {
  constraints.ReturnConsumedCapacity(members.consumed_capacity);
  TRY(CheckTableName(members.table, constraints));
  constraints.ReturnValues(members.return_values);
  constraints.ReturnItemCollectionMetrics(members.collection_metrics);
  constraints.ReturnValuesOnConditionCheckFailure(members.on_condition_failure, "returnValuesOnConditionCheckFailure");
  return Ok();
}

Status CheckReturnsOldOrNothing(const WriteMembers& members) {
  if (!members.return_values || members.return_values == "ALL_OLD" || members.return_values == "NONE") return Ok();
  return InvalidArgument("ReturnValues can only be ALL_OLD or NONE");
}

Reply RenderOutcome(const SingleWrite& write, const ItemOutcome& outcome) {
  switch (outcome.kind) {
    case ItemOutcome::Kind::kConditionFailed:
      return RenderConditionalCheckFailed(write.item_on_condition_failure ? outcome.before : std::nullopt);
    case ItemOutcome::Kind::kInvalid:
      return RenderError(*outcome.error);
    case ItemOutcome::Kind::kApplied:
    case ItemOutcome::Kind::kSkipped:
      break;
  }
  auto reply = RenderApplied(write, outcome);
  return reply.ok() ? *std::move(reply) : RenderError(reply.error());
}

void Submit(engine::Engine& engine, Result<SingleWrite> prepared, Answer answer) {
  if (!prepared.ok()) return answer.Fail(prepared.error());
  SingleWrite write = *std::move(prepared);
  // The engine needs the action, the answer needs the table and the update; the item itself goes to the engine only.
  engine::ItemWriteRequest request;
  request.actions.push_back(std::move(write.action));
  write.action = engine::ItemAction();
  write.action.kind = request.actions.front().kind;
  write.action.table = request.actions.front().table;
  write.action.update = request.actions.front().update;

  struct Pending {
    SingleWrite write;
    Answer answer;
  };
  auto pending = std::make_shared<Pending>(Pending{std::move(write), std::move(answer)});
  engine.Write(std::move(request), [pending](Result<engine::WriteResult> result) {
    if (!result.ok()) return pending->answer.Fail(result.error());
    pending->answer.Send(RenderOutcome(pending->write, result->outcomes.front()));
  });
}

}  // namespace millrace::api::dynamodb
