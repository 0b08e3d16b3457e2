// What is asked of functions without changing them.
#include "api/lambda/errors.h"
#include "api/lambda/function_ref.h"
#include "api/lambda/operations.h"
#include "api/lambda/page.h"
#include "api/lambda/rendering.h"

namespace millrace::api::lambda {
namespace {

constexpr std::size_t kItemsMax = 50;

Result<Found> FindOwn(const Call& call) {
  ASSIGN_OR_RETURN(FunctionRef ref, ParseFunctionRef(call.place(0), call.route.Query("Qualifier"), call.context));
  return FindFunction(call.catalogue, std::move(ref));
}

// Numbers count before they are compared as text.
std::string SortableVersion(const Configuration& version) {
  return version.version == kLatest ? "0" : fmt::format("{:0>20}", version.version);
}

}  // namespace

Result<Answer> GetFunction(const Call& call) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  const Definition& definition = *found.definition;
  Answer answer;
  json::Writer writer(&answer.body);
  writer.BeginObject();
  writer.Key("Configuration");
  writer.BeginObject();
  WriteConfigurationMembers(writer, definition, *found.version, found.ref.qualifier);
  writer.EndObject();
  writer.Key("Code");
  writer.BeginObject();
  writer.Key("RepositoryType");
  writer.String("S3");
  writer.Key("Location");
  writer.String("file://" + found.version->code_directory);
  writer.EndObject();
  if (!definition.tags.empty()) WriteStrings(writer, "Tags", definition.tags);
  if (definition.reserved_concurrency) {
    writer.Key("Concurrency");
    writer.BeginObject();
    writer.Key("ReservedConcurrentExecutions");
    writer.Integer(*definition.reserved_concurrency);
    writer.EndObject();
  }
  writer.EndObject();
  return answer;
}

Result<Answer> GetFunctionConfiguration(const Call& call) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  return Answer{200, RenderConfiguration(*found.definition, *found.version, found.ref.qualifier)};
}

Result<Answer> ListFunctions(const Call& call) {
  ASSIGN_OR_RETURN(const Page page, ReadPage(call.route, kItemsMax));
  const auto which = call.route.Query("FunctionVersion");
  if (which && *which != "ALL")
    return ValidationError(*which, "functionVersion", "Member must satisfy enum value set: [ALL]");
  struct Item {
    DefinitionPtr definition;
    const Configuration* version;
  };
  std::vector<Item> items;
  for (const DefinitionPtr& definition : call.catalogue.List(call.context.account, call.context.region)) {
    items.push_back({definition, &definition->latest});
    if (!which) continue;
    for (const Configuration& version : definition->versions) items.push_back({definition, &version});
  }
  Answer answer;
  json::Writer writer(&answer.body);
  writer.BeginObject();
  WritePage(
      writer, "Functions", page, items,
      [](const Item& item) { return item.definition->name + ":" + SortableVersion(*item.version); },
      [&](const Item& item) {
        writer.BeginObject();
        // With ALL, each has its version in its ARN.
        WriteConfigurationMembers(writer, *item.definition, *item.version,
                                  which ? item.version->version : std::string());
        writer.EndObject();
      });
  writer.EndObject();
  return answer;
}

Result<Answer> ListVersionsByFunction(const Call& call) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  ASSIGN_OR_RETURN(const Page page, ReadPage(call.route, kItemsMax));
  std::vector<const Configuration*> versions = {&found.definition->latest};
  for (const Configuration& version : found.definition->versions) versions.push_back(&version);
  Answer answer;
  json::Writer writer(&answer.body);
  writer.BeginObject();
  WritePage(
      writer, "Versions", page, versions, [](const Configuration* version) { return SortableVersion(*version); },
      [&](const Configuration* version) {
        writer.BeginObject();
        WriteConfigurationMembers(writer, *found.definition, *version, version->version);
        writer.EndObject();
      });
  writer.EndObject();
  return answer;
}

Result<Answer> GetFunctionCodeSigningConfig(const Call& call) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  Answer answer;
  json::Writer writer(&answer.body);
  writer.BeginObject();
  writer.Key("FunctionName");
  writer.String(found.definition->name);
  writer.EndObject();
  return answer;
}

Result<Answer> GetRuntimeManagementConfig(const Call& call) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  Answer answer;
  json::Writer writer(&answer.body);
  writer.BeginObject();
  writer.Key("FunctionArn");
  writer.String(found.definition->Arn());
  writer.Key("UpdateRuntimeOn");
  writer.String("Auto");
  writer.EndObject();
  return answer;
}

Result<Answer> GetFunctionRecursionConfig(const Call& call) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  (void)found;
  return Answer{200, R"({"RecursiveLoop":"Allow"})"};
}

Result<Answer> GetAccountSettings(const Call& call) {
  std::int64_t bytes = 0;
  const auto functions = call.catalogue.List(call.context.account, call.context.region);
  for (const DefinitionPtr& definition : functions) bytes += definition->latest.code_bytes;
  Answer answer;
  json::Writer writer(&answer.body);
  auto number = [&writer](std::string_view key, std::int64_t value) {
    writer.Key(key);
    writer.Integer(value);
  };
  writer.BeginObject();
  writer.Key("AccountLimit");
  writer.BeginObject();
  number("TotalCodeSize", 80'530'636'800);
  number("CodeSizeUnzipped", 262'144'000);
  number("CodeSizeZipped", 52'428'800);
  number("ConcurrentExecutions", 1'000);
  number("UnreservedConcurrentExecutions", 1'000);
  writer.EndObject();
  writer.Key("AccountUsage");
  writer.BeginObject();
  number("TotalCodeSize", bytes);
  number("FunctionCount", static_cast<std::int64_t>(functions.size()));
  writer.EndObject();
  writer.EndObject();
  return answer;
}

}  // namespace millrace::api::lambda
