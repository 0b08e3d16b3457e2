// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "api/dynamodb/items.h"
#include "api/dynamodb/operations.h"
#include "api/dynamodb/page.h"
#include "expr/key_condition.h"
#include "store/store.h"

namespace millrace::api::dynamodb {
namespace {

using engine::Engine;
using engine::ItemRange;
using expr::ExpressionKind;

constexpr std::array kKinds = {ExpressionKind::kProjection, ExpressionKind::kFilter, ExpressionKind::kKeyCondition};
constexpr std::array<std::string_view, 4> kLegacy = {"AttributesToGet", "QueryFilter", "ConditionalOperator",
                                                     "KeyConditions"};

// The smallest store key above `key`.
std::string After(std::string key) {
  key.push_back('\0');
  return key;
}

ItemRange RangeOf(const engine::Table& table, const expr::KeyCondition& condition) {
  const model::ItemKey partition(condition.partition, nullptr);
  ItemRange range = engine::PartitionRange(table, partition.partition_prefix());
  if (!condition.sort) return range;

  const auto store_key = [&](const model::AttributeValue& sort) {
    std::string bytes(partition.partition_prefix());
    model::AppendKeyBytes(bytes, sort);
    return engine::ItemStoreKey(table, bytes);
  };
  std::string key = store_key(condition.sort->value);
  switch (condition.sort->op) {
    case expr::SortOperator::kEqual:
      range.upper = After(key);
      range.lower = std::move(key);
      break;
    case expr::SortOperator::kLess:
      range.upper = std::move(key);
      break;
    case expr::SortOperator::kLessOrEqual:
      range.upper = After(std::move(key));
      break;
    case expr::SortOperator::kGreater:
      range.lower = After(std::move(key));
      break;
    case expr::SortOperator::kGreaterOrEqual:
      range.lower = std::move(key);
      break;
    case expr::SortOperator::kBetween:
      range.lower = std::move(key);
      range.upper = After(store_key(condition.sort->upper));
      break;
    case expr::SortOperator::kBeginsWith:
      // An empty upper bound means there is none above the prefix, and the partition's own end holds.
      if (std::string end = store::PrefixEnd(key); !end.empty()) range.upper = std::min(range.upper, std::move(end));
      range.lower = std::move(key);
      break;
  }
  return range;
}

// Where to go on after `item`, which must be a key that the query could have returned.
Status ApplyStartKey(const engine::Table& table, const expr::KeyCondition& condition, const model::Item& item,
                     Engine::Direction direction, ItemRange& range) {
  ASSIGN_OR_RETURN(const model::ItemKey key, StartKey(table.schema, item));
  if (*item.Find(table.schema.partition.name) != condition.partition)
    return InvalidArgument("The provided starting key is outside query boundaries based on provided conditions");
  if (condition.sort && !condition.sort->Matches(*item.Find(table.schema.sort->name)))
    return InvalidArgument("The provided starting key does not match the range key predicate");
  std::string at = engine::ItemStoreKey(table, key.bytes());
  if (direction == Engine::Direction::kForward)
    range.lower = std::max(range.lower, After(std::move(at)));
  else
    range.upper = std::min(range.upper, std::move(at));
  return Ok();
}

}  // namespace

Result<Reply> Query(const Call& call) {
  aws::RequestReader reader(call.request);
  const PageMembers members = PageMembers::Read(reader);
  const auto forward = reader.Boolean("ScanIndexForward");
  TRY(reader.status());

  Constraints constraints;
  TRY(members.CheckInto(constraints));
  if (members.limit && *members.limit < 1)
    constraints.Add("Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1");
  TRY(constraints.Check());

  ASSIGN_OR_RETURN(Expressions expressions, Expressions::Read(reader, {.kinds = kKinds, .legacy = kLegacy}));
  std::optional<model::Item> start;
  if (members.start_key != nullptr) {
    ASSIGN_OR_RETURN(start, ReadItem(*members.start_key));
  }
  const auto key_condition_text = expressions.text(ExpressionKind::kKeyCondition);
  if (!key_condition_text)
    return InvalidArgument(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.");

  PageRequest page;
  ASSIGN_OR_RETURN(page.filter, expressions.ParseCondition(ExpressionKind::kFilter));
  ASSIGN_OR_RETURN(page.projection, expressions.ParseProjection());
  if (const Status select = members.CheckSelect(page.projection.has_value()); !select.ok())
    return InEnvelope(select.error());

  ASSIGN_OR_RETURN(const auto key_condition,
                   expr::KeyConditionText::Parse(*key_condition_text, expressions.placeholders()));
  TRY(expressions.CheckAllUsed());

  ASSIGN_OR_RETURN(page.table, GetTable(call, *members.table));
  TRY(members.CheckIndex());
  const engine::Table& table = *page.table;
  ASSIGN_OR_RETURN(const expr::KeyCondition condition, key_condition.Bind(table.schema));
  if (page.filter) TRY(page.filter->CheckNoKeyAttributes(table.schema));

  page.direction = forward.value_or(true) ? Engine::Direction::kForward : Engine::Direction::kBackward;
  page.range = RangeOf(table, condition);
  if (start) TRY(ApplyStartKey(table, condition, *start, page.direction, page.range));
  return ReadPage(call, members, page);
}

}  // namespace millrace::api::dynamodb
