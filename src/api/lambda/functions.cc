// CreateFunction, UpdateFunctionCode, UpdateFunctionConfiguration, DeleteFunction, PublishVersion.
#include <algorithm>
#include <array>
#include <filesystem>

#include "api/lambda/errors.h"
#include "api/lambda/function_ref.h"
#include "api/lambda/operations.h"
#include "api/lambda/rendering.h"
#include "aws/request_reader.h"
#include "model/base64.h"

namespace millrace::api::lambda {
namespace {

constexpr std::size_t kZipBytesMax =
    52'428'800;  // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
// A local directory instead of a package: for development, a habit from elsewhere.
constexpr std::string_view kHotReload = "hot-reload";

Status CheckOf(const Call& call, std::optional<std::string_view> revision, std::string_view current) {
  (void)call;
  if (revision && !revision->empty() && *revision != current)
    return Err(ErrorCode::kFailedPrecondition, {},
               "The Revision Id provided does not match the latest Revision Id. Call the "
               "GetFunction/GetAlias API to retrieve the latest Revision Id");
  return Ok();
}

Status NotDeclared(const Definition& definition) {
  if (!definition.declared) return Ok();
  return InvalidArgument("Function {} is declared in the configuration file of this server: change it there",
                         definition.name);
}

Status Between(std::optional<std::int64_t> value, std::string_view member, std::int64_t least, std::int64_t most) {
  if (!value) return Ok();
  if (*value < least)
    return ValidationError(std::to_string(*value), member,
                           fmt::format("Member must have value greater than or equal to {}", least));
  if (*value > most)
    return ValidationError(std::to_string(*value), member,
                           fmt::format("Member must have value less than or equal to {}", most));
  return Ok();
}

// The members that CreateFunction and UpdateFunctionConfiguration share.
Status ReadConfiguration(const json::Value& request, Configuration& configuration) {
  aws::RequestReader reader(request);
  const auto runtime = reader.String("Runtime");
  const auto role = reader.String("Role");
  const auto handler = reader.String("Handler");
  const auto description = reader.String("Description");
  const auto timeout = reader.Integer("Timeout");
  const auto memory = reader.Integer("MemorySize");
  const json::Value* environment = reader.Structure("Environment");
  const json::Value* tracing = reader.Structure("TracingConfig");
  const json::Value* storage = reader.Structure("EphemeralStorage");
  const json::Value* layers = reader.List("Layers");
  TRY(reader.status());
  TRY(Between(timeout, "timeout", 1, 900));
  TRY(Between(memory, "memorySize", 128, 32'768));
  if (handler && (handler->size() > 128 || handler->find_first_of(" \t\r\n") != std::string_view::npos))
    return ValidationError(*handler, "handler", R"(Member must satisfy regular expression pattern: [^\s]+)");
  if (description && description->size() > 256)
    return ValidationError(*description, "description", "Member must have length less than or equal to 256");
  if (layers != nullptr && !layers->array().empty())
    return InvalidArgument("Layers are not available here: put what they hold into the package");
  if (runtime) {
    TRY(RuntimeOf(*runtime));
    configuration.runtime = *runtime;
  }
  if (role) configuration.role = *role;
  if (handler) configuration.handler = *handler;
  if (description) configuration.description = *description;
  if (timeout) configuration.timeout_seconds = *timeout;
  if (memory) configuration.memory_mib = *memory;
  if (environment != nullptr) {
    aws::RequestReader inner(*environment);
    const json::Value* variables = inner.Structure("Variables");
    TRY(inner.status());
    Pairs pairs;
    std::size_t bytes = 0;
    if (variables != nullptr) {
      for (const json::Member& member : variables->object()) {
        if (!member.value.is_string()) return aws::WrongJsonType(member.value, "String");
        if (functions::IsReservedVariable(member.name))
          return InvalidArgument(
              "Lambda was unable to configure your environment variables because the environment variables you have "
              "provided contains reserved keys that are currently not supported for modification. Reserved keys used "
              "in "
              "this request: {}",
              member.name);
        bytes += member.name.size() + member.value.string().size();
        pairs.emplace_back(member.name, member.value.string());
      }
    }
    if (bytes > functions::FunctionOptions::kEnvironmentBytesMax)
      return InvalidArgument(
          "Lambda was unable to configure your environment variables because the environment variables you have "
          "provided exceeded the 4KB limit.");
    std::ranges::sort(pairs);
    configuration.environment = std::move(pairs);
  }
  if (tracing != nullptr) {
    aws::RequestReader inner(*tracing);
    if (const auto mode = inner.String("Mode")) configuration.tracing = *mode;
    TRY(inner.status());
  }
  if (storage != nullptr) {
    aws::RequestReader inner(*storage);
    const auto size = inner.Integer("Size");
    TRY(inner.status());
    TRY(Between(size, "ephemeralStorage.size", 512, 10'240));
    if (size) configuration.storage_mib = *size;
  }
  return Ok();
}

// `members`: of Code in CreateFunction, of the request itself in UpdateFunctionCode.
Status ReadCode(const Call& call, const json::Value& members, const Definition& definition, bool dry_run,
                Configuration& configuration) {
  aws::RequestReader reader(members);
  const auto zip = reader.String("ZipFile");
  const auto bucket = reader.String("S3Bucket");
  const auto key = reader.String("S3Key");
  const bool image = reader.Has("ImageUri");
  TRY(reader.status());
  if (image) return InvalidArgument("Container images are not available here: send a package in ZipFile");
  if (bucket == kHotReload && key) {
    if (!key->starts_with('/') || !std::filesystem::is_directory(*key))
      return InvalidArgument("S3Key '{}' is not the absolute path of a directory of this machine", *key);
    configuration.code_directory = *key;
    configuration.code_sha256 = "hot-reload";
    configuration.code_bytes = 0;
    return Ok();
  }
  if (bucket)
    return InvalidArgument(
        "There is no S3 here: send the package in ZipFile, or give S3Bucket 'hot-reload' and the path of a local "
        "directory as S3Key");
  if (!zip) return InvalidArgument("Please provide a source for function code.");
  const std::optional<std::string> bytes = model::Base64Decode(*zip);
  if (!bytes) return Error(ErrorCode::kInvalidArgument, aws::reason::kSerialization, "ZipFile is no Base64");
  if (bytes->size() > kZipBytesMax)
    return Err(ErrorCode::kInvalidArgument, reason::kTooLarge, "Request must be smaller than {} bytes for the package",
               kZipBytesMax);
  if (dry_run) return Ok();
  ASSIGN_OR_RETURN(const StoredCode code, call.code.Unpack(definition, *bytes));
  configuration.code_directory = code.directory;
  configuration.code_sha256 = code.sha256;
  configuration.code_bytes = code.bytes;
  return Ok();
}

Status ReadTags(const json::Value& request, Definition& definition) {
  aws::RequestReader reader(request);
  const json::Value* tags = reader.Structure("Tags");
  TRY(reader.status());
  if (tags == nullptr) return Ok();
  for (const json::Member& member : tags->object()) {
    if (!member.value.is_string()) return aws::WrongJsonType(member.value, "String");
    definition.tags.emplace_back(member.name, member.value.string());
  }
  if (definition.tags.size() > 50) return InvalidArgument("Number of tags exceeds resource tag limit.");
  return Ok();
}

// The newest version becomes a published one.
const Configuration& Publish(const Call& call, Definition& definition, std::string_view description) {
  Configuration version = definition.latest;
  version.version = std::to_string(definition.next_version++);
  version.revision_id = call.NewRevision();
  if (!description.empty()) version.description = description;
  definition.versions.push_back(std::move(version));
  return definition.versions.back();
}

void Touch(const Call& call, Configuration& configuration) {
  configuration.last_modified = LastModified(call.clock.Now());
  configuration.revision_id = call.NewRevision();
}

// Code that nothing refers to any more; what ran before may still read what it ran from.
void TidyCode(const Call& call, const Definition& definition, const std::string& before) {
  std::vector<std::string> keep = {definition.latest.code_directory, before};
  for (const Configuration& version : definition.versions) keep.push_back(version.code_directory);
  call.code.Tidy(definition, keep);
}

Result<Found> FindOwn(const Call& call) {
  ASSIGN_OR_RETURN(FunctionRef ref, ParseFunctionRef(call.place(0), call.route.Query("Qualifier"), call.context));
  return FindFunction(call.catalogue, std::move(ref));
}

}  // namespace

Result<Answer> CreateFunction(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto name = reader.String("FunctionName");
  const auto package = reader.String("PackageType");
  const json::Value* code = reader.Structure("Code");
  const json::Value* architectures = reader.List("Architectures");
  const auto publish = reader.Boolean("Publish");
  const bool has_role = reader.Has("Role");
  TRY(reader.status());
  if (!name) return MissingMember("functionName");
  if (!has_role) return MissingMember("role");
  if (code == nullptr) return MissingMember("code");
  if (package && *package != "Zip")
    return InvalidArgument("PackageType {} is not available here: send a Zip", *package);
  ASSIGN_OR_RETURN(const FunctionRef ref, ParseFunctionRef(*name, std::nullopt, call.context));
  if (call.catalogue.Find(ref.account, ref.region, ref.name) != nullptr)
    return Err(ErrorCode::kAlreadyExists, {}, "Function already exist: {}", ref.name);
  Definition definition{.account = ref.account, .region = ref.region, .name = ref.name};
  Configuration& latest = definition.latest;
  TRY(ReadConfiguration(call.request, latest));
  if (latest.runtime.empty())
    return InvalidArgument("Runtime is mandatory for functions created with deployment packages.");
  if (latest.handler.empty())
    return InvalidArgument("Handler is mandatory for functions created with deployment packages.");
  if (architectures != nullptr && !architectures->array().empty() && architectures->array()[0].is_string())
    latest.architecture = architectures->array()[0].string();
  TRY(ReadTags(call.request, definition));
  TRY(ReadCode(call, *code, definition, /*dry_run=*/false, latest));
  Touch(call, latest);
  if (publish.value_or(false)) Publish(call, definition, {});
  const Configuration answered = publish.value_or(false) ? definition.versions.back() : latest;
  const std::string qualifier = answered.version == kLatest ? "" : answered.version;
  const std::string body = RenderConfiguration(definition, answered, qualifier);
  TRY(call.catalogue.Put(std::move(definition)));
  return Answer{201, body};
}

Result<Answer> UpdateFunctionCode(const Call& call) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  TRY(NotDeclared(*found.definition));
  aws::RequestReader reader(call.request);
  const auto publish = reader.Boolean("Publish");
  const auto dry_run = reader.Boolean("DryRun");
  const auto revision = reader.String("RevisionId");
  TRY(reader.status());
  TRY(CheckOf(call, revision, found.definition->latest.revision_id));
  Definition definition = *found.definition;
  const std::string before = definition.latest.code_directory;
  TRY(ReadCode(call, call.request, definition, dry_run.value_or(false), definition.latest));
  if (dry_run.value_or(false)) return Answer{200, RenderConfiguration(definition, definition.latest, {})};
  Touch(call, definition.latest);
  const bool published = publish.value_or(false);
  const Configuration answered = published ? Publish(call, definition, {}) : definition.latest;
  std::string body = RenderConfiguration(definition, answered, published ? answered.version : std::string());
  TRY(call.catalogue.Put(definition));
  TidyCode(call, definition, before);
  return Answer{200, std::move(body)};
}

Result<Answer> UpdateFunctionConfiguration(const Call& call) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  TRY(NotDeclared(*found.definition));
  aws::RequestReader reader(call.request);
  const auto revision = reader.String("RevisionId");
  TRY(reader.status());
  TRY(CheckOf(call, revision, found.definition->latest.revision_id));
  Definition definition = *found.definition;
  TRY(ReadConfiguration(call.request, definition.latest));
  Touch(call, definition.latest);
  std::string body = RenderConfiguration(definition, definition.latest, {});
  TRY(call.catalogue.Put(std::move(definition)));
  return Answer{200, std::move(body)};
}

Result<Answer> DeleteFunction(const Call& call) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  TRY(NotDeclared(*found.definition));
  const std::string& qualifier = found.ref.qualifier;
  if (qualifier.empty()) {
    TRY(call.catalogue.Remove(*found.definition));
    call.code.Remove(*found.definition);
    return Answer{204};
  }
  if (qualifier == kLatest) return InvalidArgument("$LATEST version cannot be deleted without deleting the function.");
  Definition definition = *found.definition;
  if (const auto alias = std::ranges::find(definition.aliases, qualifier, &Alias::version);
      alias != definition.aliases.end())
    return Err(ErrorCode::kAlreadyExists, {},
               "Unable to delete version because the following aliases reference it: [{}]", alias->name);
  if (std::erase_if(definition.versions, [&](const Configuration& version) { return version.version == qualifier; }) ==
      0)
    return FunctionNotFound(found.ref.Arn());
  TRY(call.catalogue.Put(std::move(definition)));
  return Answer{204};
}

Result<Answer> PublishVersion(const Call& call) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  TRY(NotDeclared(*found.definition));
  aws::RequestReader reader(call.request);
  const auto description = reader.String("Description");
  const auto sha256 = reader.String("CodeSha256");
  const auto revision = reader.String("RevisionId");
  TRY(reader.status());
  TRY(CheckOf(call, revision, found.definition->latest.revision_id));
  Definition definition = *found.definition;
  if (sha256 && !sha256->empty() && *sha256 != definition.latest.code_sha256)
    return InvalidArgument(
        "CodeSHA256 ({}) is different from current CodeSHA256 in $LATEST ({}). Please try again with the CodeSHA256 in "
        "$LATEST.",
        *sha256, definition.latest.code_sha256);
  // What has not changed since the last version is that version.
  if (!definition.versions.empty()) {
    Configuration last = definition.versions.back();
    const Configuration& latest = definition.latest;
    const bool same = last.code_sha256 == latest.code_sha256 && last.environment == latest.environment &&
                      last.handler == latest.handler && last.runtime == latest.runtime &&
                      last.memory_mib == latest.memory_mib && last.timeout_seconds == latest.timeout_seconds;
    if (same) return Answer{201, RenderConfiguration(definition, last, last.version)};
  }
  const Configuration version = Publish(call, definition, description.value_or(""));
  std::string body = RenderConfiguration(definition, version, version.version);
  TRY(call.catalogue.Put(std::move(definition)));
  return Answer{201, std::move(body)};
}

}  // namespace millrace::api::lambda
