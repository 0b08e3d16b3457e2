#include "api/dynamodb/expressions.h"

#include <string>
#include <utility>

#include "model/dynamodb_json.h"

namespace millrace::api::dynamodb {
namespace {

using expr::ExpressionKind;

constexpr std::string_view kNames = "ExpressionAttributeNames";
constexpr std::string_view kValues = "ExpressionAttributeValues";

std::string_view Replacement(std::string_view legacy) {
  if (legacy == "AttributesToGet") return "ProjectionExpression";
  if (legacy == "Expected") return "ConditionExpression";
  if (legacy == "AttributeUpdates") return "UpdateExpression";
  if (legacy == "KeyConditions") return "KeyConditionExpression";
  if (legacy == "QueryFilter" || legacy == "ScanFilter") return "FilterExpression";
  return "AND and OR in an expression";
}

void AppendListed(std::string& list, std::string_view name) {
  if (!list.empty()) list += ", ";
  list += name;
}

Result<expr::Placeholders::Names> ReadNames(const json::Value& json) {
  expr::Placeholders::Names names;
  for (const json::Member& member : json.object()) {
    if (member.value.is_null()) continue;
    if (!member.value.is_string()) return aws::WrongJsonType(member.value, "String");
    names.emplace(member.name, member.value.string());
  }
  return names;
}

Result<expr::Placeholders::Values> ReadValues(const json::Value& json, ValueErrors errors) {
  expr::Placeholders::Values values;
  for (const json::Member& member : json.object()) {
    auto value = model::ParseAttributeValue(member.value);
    if (!value.ok()) {
      const Error& error = value.error();
      if (errors == ValueErrors::kBare || error.reason() == model::reason::kSerialization) return error;
      return InvalidArgument("{} contains invalid value: {} for key {}", kValues, error.message(), member.name);
    }
    values.Set(std::string(member.name), *std::move(value));
  }
  return values;
}

}  // namespace

Result<Expressions> Expressions::Read(aws::RequestReader& reader, const ExpressionRules& rules) {
  Expressions result;
  std::string present;
  for (const ExpressionKind kind : rules.kinds) {
    const std::string_view name = expr::ExpressionKindName(kind);
    const auto text = reader.String(name);
    if (!text) continue;
    result.texts_[static_cast<std::size_t>(kind)] = text;
    AppendListed(present, name);
  }
  const json::Value* names_json = reader.Structure(kNames);
  const json::Value* values_json = reader.Structure(kValues);
  TRY(reader.status());

  std::string legacy;
  std::string_view first_legacy;
  for (const std::string_view name : rules.legacy) {
    if (!reader.Has(name)) continue;
    if (legacy.empty()) first_legacy = name;
    AppendListed(legacy, name);
  }
  if (!present.empty() && !legacy.empty())
    return InvalidArgument(
        "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
        "{{{}}} Expression parameters: {{{}}}",
        legacy, present);
  for (const auto& [json, name] : {std::pair{names_json, kNames}, std::pair{values_json, kValues}}) {
    if (json == nullptr) continue;
    if (present.empty()) return InvalidArgument("{} can only be specified when using expressions", name);
    if (json->object().empty()) return InvalidArgument("{} must not be empty", name);
  }
  if (!legacy.empty())
    return InvalidArgument("{} is a legacy parameter and is not supported yet. Use {} instead.", first_legacy,
                           Replacement(first_legacy));

  if (names_json == nullptr && values_json == nullptr) return result;
  expr::Placeholders::Names names;
  expr::Placeholders::Values values;
  if (names_json != nullptr) {
    ASSIGN_OR_RETURN(names, ReadNames(*names_json));
  }
  if (values_json != nullptr) {
    ASSIGN_OR_RETURN(values, ReadValues(*values_json, rules.value_errors));
  }
  ASSIGN_OR_RETURN(result.placeholders_, expr::Placeholders::Create(std::move(names), std::move(values)));
  return result;
}

Result<std::optional<expr::Condition>> Expressions::ParseCondition(ExpressionKind kind) {
  const auto expression = text(kind);
  if (!expression) return std::optional<expr::Condition>();
  ASSIGN_OR_RETURN(expr::Condition condition, expr::Condition::Parse(*expression, placeholders_, kind));
  return std::optional<expr::Condition>(std::move(condition));
}

Result<std::optional<expr::Projection>> Expressions::ParseProjection() {
  const auto expression = text(ExpressionKind::kProjection);
  if (!expression) return std::optional<expr::Projection>();
  ASSIGN_OR_RETURN(expr::Projection projection, expr::Projection::Parse(*expression, placeholders_));
  return std::optional<expr::Projection>(std::move(projection));
}

Result<std::optional<expr::Update>> Expressions::ParseUpdate() {
  const auto expression = text(ExpressionKind::kUpdate);
  if (!expression) return std::optional<expr::Update>();
  ASSIGN_OR_RETURN(expr::Update update, expr::Update::Parse(*expression, placeholders_));
  return std::optional<expr::Update>(std::move(update));
}

}  // namespace millrace::api::dynamodb
