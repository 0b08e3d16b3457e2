// ListTags, TagResource, UntagResource: of functions. Event source mappings have none.
#include <algorithm>

#include "api/lambda/errors.h"
#include "api/lambda/function_ref.h"
#include "api/lambda/operations.h"
#include "api/lambda/rendering.h"
#include "aws/request_reader.h"

namespace millrace::api::lambda {
namespace {

constexpr std::size_t kTagsMax = 50;

bool NamesMapping(std::string_view arn) {
  return arn.starts_with("arn:aws:lambda:") && arn.find(":event-source-mapping:") != std::string_view::npos;
}

// Terraform reads the tags of mappings too.
Status CheckMapping(const Call& call) {
  const std::string_view arn = call.place(0);
  const std::string_view uuid = arn.substr(arn.rfind(':') + 1);
  if (call.mappings.Find(call.context.account, call.context.region, uuid) == nullptr)
    return Err(ErrorCode::kNotFound, {}, "The resource you requested does not exist.");
  return Ok();
}

Result<Found> FindTagged(const Call& call) {
  ASSIGN_OR_RETURN(FunctionRef ref, ParseFunctionRef(call.place(0), std::nullopt, call.context));
  if (!ref.qualifier.empty())
    return InvalidArgument("Tags on function aliases and versions are not supported. Please specify a function ARN.");
  return FindFunction(call.catalogue, std::move(ref));
}

}  // namespace

Result<Answer> ListTags(const Call& call) {
  Pairs tags;
  if (NamesMapping(call.place(0))) {
    TRY(CheckMapping(call));
  } else {
    ASSIGN_OR_RETURN(const Found found, FindTagged(call));
    tags = found.definition->tags;
  }
  Answer answer;
  json::Writer writer(&answer.body);
  writer.BeginObject();
  WriteStrings(writer, "Tags", tags);
  writer.EndObject();
  return answer;
}

Result<Answer> TagResource(const Call& call) {
  if (NamesMapping(call.place(0))) return InvalidArgument("Event source mappings have no tags here");
  ASSIGN_OR_RETURN(const Found found, FindTagged(call));
  aws::RequestReader reader(call.request);
  const json::Value* tags = reader.Structure("Tags");
  TRY(reader.status());
  if (tags == nullptr) return MissingMember("tags");
  if (tags->object().empty()) return InvalidArgument("An error occurred and the request cannot be processed.");
  Definition definition = *found.definition;
  for (const json::Member& member : tags->object()) {
    if (!member.value.is_string()) return aws::WrongJsonType(member.value, "String");
    std::erase_if(definition.tags, [&](const auto& tag) { return tag.first == member.name; });
    definition.tags.emplace_back(member.name, member.value.string());
  }
  if (definition.tags.size() > kTagsMax) return InvalidArgument("Number of tags exceeds resource tag limit.");
  TRY(call.catalogue.Put(std::move(definition)));
  return Answer{204};
}

Result<Answer> UntagResource(const Call& call) {
  if (NamesMapping(call.place(0))) return InvalidArgument("Event source mappings have no tags here");
  ASSIGN_OR_RETURN(const Found found, FindTagged(call));
  const std::vector<std::string> keys = call.route.QueryAll("tagKeys");
  if (keys.empty()) return MissingMember("tagKeys");
  Definition definition = *found.definition;
  std::erase_if(definition.tags, [&](const auto& tag) { return std::ranges::find(keys, tag.first) != keys.end(); });
  TRY(call.catalogue.Put(std::move(definition)));
  return Answer{204};
}

}  // namespace millrace::api::lambda
