// Page is what Query and Scan share: one page of a range of items, filtered, projected and rendered.
//
// A page ends at Limit items or before 1 MB of them, counted before the filter, and then tells where to go on.
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
//
// Threads: confined to the request thread.
// Failure: InvalidArgument in AWS's words; Corruption or Io from the store.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "api/dynamodb/call.h"
#include "api/dynamodb/capacity.h"
#include "api/dynamodb/constraints.h"
#include "api/dynamodb/expressions.h"
#include "api/dynamodb/tables.h"
#include "engine/engine.h"

namespace millrace::api::dynamodb {

// The members that Query and Scan share, as they stand in the request.
struct PageMembers {
  std::optional<std::string_view> table;
  std::optional<std::string_view> index;
  std::optional<std::string_view> select;
  std::optional<std::string_view> consumed_capacity;
  std::optional<std::int64_t> limit;
  std::optional<bool> consistent;
  const json::Value* start_key = nullptr;

  static PageMembers Read(aws::RequestReader& reader);
  // Everything but the limit, which the two operations word differently.
  Status CheckInto(Constraints& constraints) const;
  // Whether Select goes with the rest of the request.
  Status CheckSelect(bool has_projection) const;
  // There are no secondary indexes: any name is "The table does not have the specified index: x".
  Status CheckIndex() const;
};

// An ExclusiveStartKey of a table. `item` is what was parsed from it.
Result<model::ItemKey> StartKey(const model::KeySchema& schema, const model::Item& item);

struct PageRequest {
  TablePtr table;
  engine::ItemRange range;
  engine::Engine::Direction direction = engine::Engine::Direction::kForward;
  std::optional<expr::Condition> filter;
  std::optional<expr::Projection> projection;
};

Result<Reply> ReadPage(const Call& call, const PageMembers& members, const PageRequest& request);

}  // namespace millrace::api::dynamodb
