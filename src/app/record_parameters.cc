#include "app/record_parameters.h"

#include <algorithm>

namespace millrace::app {
namespace {

using transform::Parameter;

bool IsPath(const Parameter& parameter) {
  return !parameter.is_literal();
}
bool IsPath(const std::optional<Parameter>& parameter) {
  return parameter && IsPath(*parameter);
}
bool IsPath(const std::pair<std::string, Parameter>& named) {
  return IsPath(named.second);
}

Status Evaluate(const std::optional<Parameter>& parameter, const json::Value& event,
                std::optional<std::string>& value) {
  if (!parameter) return Ok();
  ASSIGN_OR_RETURN(value, parameter->Evaluate(event));
  return Ok();
}

Status Evaluate(const config::RecordParameters::Texts& parameters, const json::Value& event,
                flow::RecordParameters::Texts& values) {
  for (const auto& [name, parameter] : parameters) {
    ASSIGN_OR_RETURN(std::string value, parameter.Evaluate(event));
    values.emplace_back(name, std::move(value));
  }
  return Ok();
}

}  // namespace

bool LooksInto(const config::RecordParameters& parameters) {
  const auto any = [](const auto& list) {
    return std::ranges::any_of(list, [](const auto& each) { return IsPath(each); });
  };
  return IsPath(parameters.group) || IsPath(parameters.deduplication_id) || any(parameters.headers) ||
         any(parameters.query) || any(parameters.path);
}

Result<std::shared_ptr<const flow::RecordParameters>> Evaluate(const config::RecordParameters& parameters,
                                                               const json::Value& event) {
  auto values = std::make_shared<flow::RecordParameters>();
  TRY(Evaluate(parameters.group, event, values->group));
  TRY(Evaluate(parameters.deduplication_id, event, values->deduplication_id));
  TRY(Evaluate(parameters.headers, event, values->headers));
  TRY(Evaluate(parameters.query, event, values->query));
  for (const Parameter& parameter : parameters.path) {
    ASSIGN_OR_RETURN(std::string value, parameter.Evaluate(event));
    values->path.push_back(std::move(value));
  }
  return std::shared_ptr<const flow::RecordParameters>(std::move(values));
}

}  // namespace millrace::app
