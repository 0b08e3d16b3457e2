// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html
#include <algorithm>

#include "api/dynamodb/constraints.h"
#include "api/dynamodb/operations.h"
#include "api/dynamodb/tables.h"
#include "aws/request_reader.h"
#include "json/write.h"

namespace millrace::api::dynamodb {
namespace {

constexpr std::int64_t kNamesMax = 100;

}  // namespace

Result<Reply> ListTables(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto after = reader.String("ExclusiveStartTableName");
  const auto limit = reader.Integer("Limit");
  TRY(reader.status());
  Constraints constraints;
  constraints.Name(after, "exclusiveStartTableName");
  constraints.AtLeast(limit, "limit", 1);
  constraints.AtMost(limit, "limit", kNamesMax);
  TRY(constraints.Check());

  const auto scope = call.catalogue.FindScope(call.scope);
  const std::vector<TablePtr> tables = scope ? call.catalogue.Tables(*scope) : std::vector<TablePtr>();
  auto next = tables.begin();
  if (after)
    next = std::upper_bound(tables.begin(), tables.end(), *after,
                            [](std::string_view name, const TablePtr& table) { return name < table->name; });
  const auto count = std::min<std::int64_t>(limit.value_or(kNamesMax), tables.end() - next);

  Reply reply;
  json::Writer writer(&reply.body);
  writer.BeginObject();
  writer.Key("TableNames");
  writer.BeginArray();
  for (std::int64_t i = 0; i < count; ++i) writer.String((*next++)->name);
  writer.EndArray();
  if (next != tables.end()) {
    writer.Key("LastEvaluatedTableName");
    writer.String((*(next - 1))->name);
  }
  writer.EndObject();
  return reply;
}

}  // namespace millrace::api::dynamodb
