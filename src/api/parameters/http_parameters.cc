#include "api/parameters/http_parameters.h"

#include <fmt/core.h>

#include "aws/request_reader.h"

namespace millrace::api {
namespace {

// AWS counts them only by the request's size.
constexpr std::size_t kFieldsMax = 100;
constexpr std::size_t kNameBytesMax = 512;
constexpr std::size_t kPathValuesMax = 100;

Status ReadTexts(const json::Value& json, const std::string& where, config::RecordParameters::Texts& texts) {
  if (json.object().size() > kFieldsMax)
    return InvalidArgument("{} has {} entries; at most {} are allowed.", where, json.object().size(), kFieldsMax);
  for (const json::Member& member : json.object()) {
    if (!member.value.is_string()) return aws::WrongJsonType(member.value, "String");
    if (member.name.empty() || member.name.size() > kNameBytesMax)
      return InvalidArgument("A name in {} has {} bytes; 1 to {} are allowed.", where, member.name.size(),
                             kNameBytesMax);
    ASSIGN_OR_RETURN(auto parameter,
                     transform::Parameter::Parse(fmt::format("{}.{}", where, member.name), member.value.string()));
    texts.emplace_back(member.name, std::move(parameter));
  }
  return Ok();
}

}  // namespace

Status ReadHttpParameters(const json::Value& json, const std::string& where, config::RecordParameters& parameters) {
  aws::RequestReader reader(json);
  const json::Value* headers = reader.Structure("HeaderParameters");
  const json::Value* query = reader.Structure("QueryStringParameters");
  const json::Value* path = reader.List("PathParameterValues");
  TRY(reader.status());
  if (headers != nullptr) TRY(ReadTexts(*headers, where + ".HeaderParameters", parameters.headers));
  if (query != nullptr) TRY(ReadTexts(*query, where + ".QueryStringParameters", parameters.query));
  if (path == nullptr) return Ok();
  if (path->array().size() > kPathValuesMax)
    return InvalidArgument("{}.PathParameterValues has {} entries; at most {} are allowed.", where,
                           path->array().size(), kPathValuesMax);
  for (const json::Value& each : path->array()) {
    if (!each.is_string()) return aws::WrongJsonType(each, "String");
    ASSIGN_OR_RETURN(auto parameter, transform::Parameter::Parse(where + ".PathParameterValues", each.string()));
    parameters.path.push_back(std::move(parameter));
  }
  return Ok();
}

}  // namespace millrace::api
