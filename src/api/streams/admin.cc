#include "api/streams/admin.h"

#include "api/streams/error_map.h"
#include "aws/constraints.h"
#include "aws/request_reader.h"
#include "json/parse.h"

namespace millrace::api::streams {
namespace {

Status Roll(engine::Engine& engine, const engine::Scope& scope, std::string_view body) {
  json::Document document;
  if (const Status parsed = document.Parse(body); !parsed.ok())
    return Error(ErrorCode::kInvalidArgument, aws::reason::kSerialization, parsed.error().message());
  aws::RequestReader reader(document.root());
  const auto table_name = reader.String("TableName");
  const auto split = reader.Boolean("Split");
  TRY(reader.status());
  aws::Constraints constraints;
  constraints.NotNull(table_name.has_value(), "tableName");
  TRY(constraints.Check());

  const auto catalogue = engine.catalogue();
  const auto scope_id = catalogue->FindScope(scope);
  const auto table = scope_id ? catalogue->FindTable(*scope_id, *table_name) : nullptr;
  if (table == nullptr)
    return Err(ErrorCode::kNotFound, engine::reason::kTableNotFound,
               "Requested resource not found: Table: {} not found", *table_name);
  if (!table->stream)
    return Err(ErrorCode::kFailedPrecondition, engine::reason::kStreamState, "Table {} has no enabled stream",
               *table_name);
  return engine.RollShards(*table->stream,
                           split.value_or(false) ? engine::Engine::Roll::kSplit : engine::Engine::Roll::kContinue);
}

}  // namespace

bool HandleAdmin(engine::Engine& engine, const aws::RequestContext& context, std::string_view path,
                 std::string_view body, http::Response* response) {
  if (path != kRollPath) return false;
  *response = http::Response{.content_type = "application/json"};
  if (const Status rolled = Roll(engine, {context.account, context.region}, body); !rolled.ok()) {
    aws::JsonReply answer = RenderError(rolled.error());
    response->status = answer.status;
    response->body = std::move(answer.body);
  } else {
    response->body = "{}";
  }
  return true;
}

}  // namespace millrace::api::streams
