// Aliases: names for versions.
#include <algorithm>

#include "api/lambda/errors.h"
#include "api/lambda/function_ref.h"
#include "api/lambda/operations.h"
#include "api/lambda/page.h"
#include "api/lambda/rendering.h"
#include "aws/request_reader.h"

namespace millrace::api::lambda {
namespace {

constexpr std::size_t kItemsMax = 50;

Result<Found> FindOwn(const Call& call) {
  ASSIGN_OR_RETURN(FunctionRef ref, ParseFunctionRef(call.place(0), std::nullopt, call.context));
  return FindFunction(call.catalogue, std::move(ref));
}

Error AliasNotFound(const Definition& definition, std::string_view alias) {
  return Err(ErrorCode::kNotFound, {}, "Cannot find alias arn: {}:{}", definition.Arn(), alias);
}

std::string Render(const Definition& definition, const Alias& alias) {
  std::string text;
  json::Writer writer(&text);
  WriteAlias(writer, definition, alias);
  return text;
}

// FunctionVersion, Description and RoutingConfig.
Status ReadAlias(const Call& call, const Definition& definition, Alias& alias) {
  aws::RequestReader reader(call.request);
  const auto version = reader.String("FunctionVersion");
  const auto description = reader.String("Description");
  const json::Value* routing = reader.Structure("RoutingConfig");
  TRY(reader.status());
  if (version) {
    if (definition.FindVersion(*version) == nullptr || version->empty())
      return Err(ErrorCode::kNotFound, {}, "Function not found: {}:{}", definition.Arn(), *version);
    alias.version = *version;
  }
  if (description) alias.description = *description;
  if (routing != nullptr) {
    aws::RequestReader inner(*routing);
    const json::Value* weights = inner.Structure("AdditionalVersionWeights");
    TRY(inner.status());
    alias.weights.clear();
    if (weights == nullptr) return Ok();
    if (weights->object().size() > 1)
      return InvalidArgument("Number of items in AdditionalVersionWeights cannot be greater than 1");
    for (const json::Member& member : weights->object()) {
      if (!member.value.is_number()) return aws::WrongJsonType(member.value, "Double");
      double weight = -1;
      const std::string_view text = member.value.number();
      std::from_chars(text.data(), text.data() + text.size(), weight);
      if (weight < 0 || weight > 1)
        return ValidationError(text, "routingConfig.additionalVersionWeights",
                               "Member must have value between 0.0 and 1.0");
      if (definition.FindVersion(member.name) == nullptr || member.name == kLatest || alias.version == kLatest)
        return InvalidArgument("$LATEST is not supported for an alias pointing to more than 1 version");
      alias.weights.emplace_back(member.name, text);
    }
  }
  return Ok();
}

}  // namespace

Result<Answer> CreateAlias(const Call& call) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  aws::RequestReader reader(call.request);
  const auto name = reader.String("Name");
  const bool has_version = reader.Has("FunctionVersion");
  TRY(reader.status());
  if (!name) return MissingMember("name");
  if (!has_version) return MissingMember("functionVersion");
  const bool digits = std::ranges::all_of(*name, [](char c) { return c >= '0' && c <= '9'; });
  const bool word = std::ranges::all_of(*name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (digits || !word || name->size() > 128)
    return ValidationError(*name, "name",
                           R"(Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+))");
  Definition definition = *found.definition;
  if (definition.FindAlias(*name) != nullptr)
    return Err(ErrorCode::kAlreadyExists, {}, "Alias already exists: {}:{}", definition.Arn(), *name);
  Alias alias{.name = std::string(*name), .version = {}};
  TRY(ReadAlias(call, definition, alias));
  alias.revision_id = call.NewRevision();
  std::string body = Render(definition, alias);
  definition.aliases.push_back(std::move(alias));
  std::ranges::sort(definition.aliases, {}, &Alias::name);
  TRY(call.catalogue.Put(std::move(definition)));
  return Answer{201, std::move(body)};
}

Result<Answer> GetAlias(const Call& call) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  const Alias* alias = found.definition->FindAlias(call.place(1));
  if (alias == nullptr) return AliasNotFound(*found.definition, call.place(1));
  return Answer{200, Render(*found.definition, *alias)};
}

Result<Answer> UpdateAlias(const Call& call) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  Definition definition = *found.definition;
  const auto alias = std::ranges::find(definition.aliases, call.place(1), &Alias::name);
  if (alias == definition.aliases.end()) return AliasNotFound(definition, call.place(1));
  aws::RequestReader reader(call.request);
  const auto revision = reader.String("RevisionId");
  TRY(reader.status());
  if (revision && !revision->empty() && *revision != alias->revision_id)
    return Err(ErrorCode::kFailedPrecondition, {},
               "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
               "retrieve the latest Revision Id");
  TRY(ReadAlias(call, definition, *alias));
  alias->revision_id = call.NewRevision();
  std::string body = Render(definition, *alias);
  TRY(call.catalogue.Put(std::move(definition)));
  return Answer{200, std::move(body)};
}

Result<Answer> DeleteAlias(const Call& call) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  Definition definition = *found.definition;
  // One that is not there is deleted already.
  if (std::erase_if(definition.aliases, [&](const Alias& alias) { return alias.name == call.place(1); }) > 0)
    TRY(call.catalogue.Put(std::move(definition)));
  return Answer{204};
}

Result<Answer> ListAliases(const Call& call) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  ASSIGN_OR_RETURN(const Page page, ReadPage(call.route, kItemsMax));
  const auto version = call.route.Query("FunctionVersion");
  std::vector<Alias> aliases = found.definition->aliases;
  if (version) std::erase_if(aliases, [&](const Alias& alias) { return alias.version != *version; });
  Answer answer;
  json::Writer writer(&answer.body);
  writer.BeginObject();
  WritePage(
      writer, "Aliases", page, aliases, [](const Alias& alias) { return alias.name; },
      [&](const Alias& alias) { WriteAlias(writer, *found.definition, alias); });
  writer.EndObject();
  return answer;
}

}  // namespace millrace::api::lambda
