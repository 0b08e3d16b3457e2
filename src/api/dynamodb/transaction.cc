#include "api/dynamodb/transaction.h"

#include <algorithm>
#include <string>

#include "model/limits.h"

namespace millrace::api::dynamodb {

Status CheckTransactItems(const json::Value* items, Constraints& constraints) {
  constexpr std::string_view kLength =
      "Value at 'TransactItems' failed to satisfy constraint: Member must have length {} than or equal to {}";
  constraints.NotNull(items != nullptr, "transactItems");
  if (items != nullptr && items->array().empty()) constraints.Add(fmt::format(kLength, "greater", 1));
  if (items != nullptr && items->array().size() > model::limits::kTransactionActionsMax)
    constraints.Add(fmt::format(kLength, "less", model::limits::kTransactionActionsMax));
  return constraints.Check();
}

void CheckActionTableName(std::optional<std::string_view> name, std::string_view path, Constraints& constraints) {
  const std::string member = fmt::format("{}.tableName", path);
  constraints.NotNull(name.has_value(), member);
  if (!name) return;
  if (name->starts_with("arn:"))
    constraints.Length(*name, member, 1, kTableArnBytesMax);
  else
    constraints.Name(name, member, 1);
}

bool IsCancelled(std::span<const CancellationReason> reasons) {
  return std::any_of(reasons.begin(), reasons.end(),
                     [](const CancellationReason& reason) { return reason.code != CancellationReason().code; });
}

void TableCapacities::Add(const TablePtr& table, CapacityUnits units) {
  for (auto& [known, sum] : tables_) {
    if (known->id != table->id) continue;
    sum += units;
    return;
  }
  tables_.emplace_back(table, units);
}

void TableCapacities::Append(json::Writer& writer, CapacityDetail detail, CapacityKind kind) const {
  writer.Key("ConsumedCapacity");
  writer.BeginArray();
  for (const auto& [table, units] : tables_) AppendConsumedCapacity(writer, table->name, units, detail, kind);
  writer.EndArray();
}

}  // namespace millrace::api::dynamodb
