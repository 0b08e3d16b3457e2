// Finding the table that a request names, by name or by ARN.
//
// Threads: pure functions.
// Failure: NotFound with engine::reason::kTableNotFound or without a reason, in AWS's words.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/dynamodb/call.h"
#include "api/dynamodb/constraints.h"
#include "engine/catalogue.h"

namespace millrace::api::dynamodb {

using TablePtr = std::shared_ptr<const engine::Table>;

// Checks the form of TableName. An empty name is reported at once and alone; the rest goes to `constraints`.
Status CheckTableName(std::optional<std::string_view> name, Constraints& constraints);

// "arn:aws:dynamodb:REGION:ACCOUNT:table/NAME" to NAME; anything else is its own name. nullopt: an ARN of something
// else, or of another account or region.
std::optional<std::string_view> TableNameOf(std::string_view name_or_arn, const engine::Scope& scope);

// Null if there is none.
TablePtr FindTable(const Call& call, std::string_view name_or_arn);
// Of the operations on items: "Requested resource not found".
Result<TablePtr> GetTable(const Call& call, std::string_view name_or_arn);
// Of the operations on tables: "Requested resource not found: Table: x not found".
Result<TablePtr> GetDescribedTable(const Call& call, std::string_view name_or_arn);
// The same, of an operation whose only member is TableName.
Result<TablePtr> GetDescribedTable(const Call& call);

}  // namespace millrace::api::dynamodb
