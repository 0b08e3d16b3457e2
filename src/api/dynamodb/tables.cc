#include "api/dynamodb/tables.h"

#include "aws/request_reader.h"

namespace millrace::api::dynamodb {
namespace {

constexpr std::string_view kArnPrefix = "arn:";

std::string_view TakeUntil(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

}  // namespace

Status CheckTableName(std::optional<std::string_view> name, Constraints& constraints) {
  if (!name) {
    constraints.NotNull(false, "tableName");
    return Ok();
  }
  if (name->empty())
    return OneValidationError(
        "Value at 'TableName' failed to satisfy constraint: Member must have length greater than or equal to 1");
  if (name->starts_with(kArnPrefix))
    constraints.Length(*name, "tableName", 1, kTableArnBytesMax);
  else
    constraints.Name(name, "tableName", 1);
  return Ok();
}

std::optional<std::string_view> TableNameOf(std::string_view name_or_arn, const engine::Scope& scope) {
  if (!name_or_arn.starts_with(kArnPrefix)) return name_or_arn;
  std::string_view rest = name_or_arn.substr(kArnPrefix.size());
  TakeUntil(rest, ':');  // the partition: aws, aws-cn, …
  if (TakeUntil(rest, ':') != "dynamodb") return std::nullopt;
  if (TakeUntil(rest, ':') != scope.region) return std::nullopt;
  if (TakeUntil(rest, ':') != scope.account) return std::nullopt;
  if (TakeUntil(rest, '/') != "table") return std::nullopt;
  return rest;
}

TablePtr FindTable(const Call& call, std::string_view name_or_arn) {
  const auto name = TableNameOf(name_or_arn, call.scope);
  if (!name) return nullptr;
  const auto scope = call.catalogue.FindScope(call.scope);
  return scope ? call.catalogue.FindTable(*scope, *name) : nullptr;
}

Result<TablePtr> GetTable(const Call& call, std::string_view name_or_arn) {
  if (TablePtr table = FindTable(call, name_or_arn)) return table;
  return Error(ErrorCode::kNotFound, engine::reason::kTableNotFound, "Requested resource not found");
}

Result<TablePtr> GetDescribedTable(const Call& call, std::string_view name_or_arn) {
  if (TablePtr table = FindTable(call, name_or_arn)) return table;
  return Err(ErrorCode::kNotFound, {}, "Requested resource not found: Table: {} not found",
             TableNameOf(name_or_arn, call.scope).value_or(name_or_arn));
}

Result<TablePtr> GetDescribedTable(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto name = reader.String("TableName");
  TRY(reader.status());
  Constraints constraints;
  TRY(CheckTableName(name, constraints));
  TRY(constraints.Check());
  return GetDescribedTable(call, *name);
}

}  // namespace millrace::api::dynamodb
