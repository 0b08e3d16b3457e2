// SingleWrite is what PutItem, UpdateItem and DeleteItem have in common: the members that shape the answer, and the way
// from a prepared action through the engine to that answer.
//
// Threads:   prepared on the request thread, answered on the engine's writer thread.
// Ownership: plain value; holds its table.
#pragma once

#include <optional>
#include <string_view>

#include "api/dynamodb/call.h"
#include "api/dynamodb/capacity.h"
#include "api/dynamodb/constraints.h"
#include "aws/request_reader.h"
#include "engine/item_write.h"

namespace millrace::api::dynamodb {

enum class ReturnValues { kNone, kAllOld, kUpdatedOld, kAllNew, kUpdatedNew };

// The members as they stand in the request.
struct WriteMembers {
  std::optional<std::string_view> table;
  std::optional<std::string_view> return_values;
  std::optional<std::string_view> on_condition_failure;
  std::optional<std::string_view> consumed_capacity;
  std::optional<std::string_view> collection_metrics;

  static WriteMembers Read(aws::RequestReader& reader);
};

struct SingleWrite {
  engine::ItemAction action;
  ReturnValues return_values = ReturnValues::kNone;
  bool item_on_condition_failure = false;
  CapacityDetail capacity = CapacityDetail::kNone;

  // REQUIRES: the members' values have been checked.
  void SetAnswer(const WriteMembers& members);
};

// Of PutItem and DeleteItem, in AWS's order; `constraints` collects.
Status CheckMembers(const WriteMembers& members, Constraints& constraints);
// Of PutItem and DeleteItem, whose answer can only hold what was there before.
Status CheckReturnsOldOrNothing(const WriteMembers& members);

// Writes what was prepared, or answers with the error.
void Submit(engine::Engine& engine, Result<SingleWrite> prepared, Answer answer);

// The answer to what became of the action. `action` is the one that was submitted, without its item.
Reply RenderOutcome(const SingleWrite& write, const engine::ItemOutcome& outcome);

}  // namespace millrace::api::dynamodb
