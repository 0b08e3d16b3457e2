#include "api/lambda/definition.h"

#include <algorithm>
#include <charconv>

#include "json/parse.h"
#include "json/write.h"

namespace millrace::api::lambda {
namespace {

constexpr std::int64_t kFormatVersion = 1;

// ------------------------------------------------------------------------------------------------------------ writing

void WritePairs(json::Writer& writer, std::string_view key, const Pairs& pairs) {
  writer.Key(key);
  writer.BeginObject();
  for (const auto& [name, value] : pairs) {
    writer.Key(name);
    writer.String(value);
  }
  writer.EndObject();
}

void WriteText(json::Writer& writer, std::string_view key, std::string_view text) {
  writer.Key(key);
  writer.String(text);
}

void WriteNumber(json::Writer& writer, std::string_view key, std::int64_t number) {
  writer.Key(key);
  writer.Integer(number);
}

void WriteConfiguration(json::Writer& writer, const Configuration& configuration) {
  writer.BeginObject();
  WriteText(writer, "version", configuration.version);
  WriteText(writer, "runtime", configuration.runtime);
  WriteText(writer, "role", configuration.role);
  WriteText(writer, "handler", configuration.handler);
  WriteText(writer, "description", configuration.description);
  WriteNumber(writer, "timeout", configuration.timeout_seconds);
  WriteNumber(writer, "memory", configuration.memory_mib);
  if (configuration.environment) WritePairs(writer, "environment", *configuration.environment);
  WriteText(writer, "architecture", configuration.architecture);
  WriteText(writer, "tracing", configuration.tracing);
  WriteNumber(writer, "storage", configuration.storage_mib);
  WriteText(writer, "code", configuration.code_directory);
  WriteText(writer, "sha256", configuration.code_sha256);
  WriteNumber(writer, "bytes", configuration.code_bytes);
  WriteText(writer, "modified", configuration.last_modified);
  WriteText(writer, "revision", configuration.revision_id);
  writer.EndObject();
}

// ------------------------------------------------------------------------------------------------------------ reading

std::string Text(const json::Value& object, std::string_view key) {
  const json::Value* value = object.Find(key);
  return value != nullptr && value->is_string() ? std::string(value->string()) : std::string();
}

std::optional<std::int64_t> Number(const json::Value& object, std::string_view key) {
  const json::Value* value = object.Find(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const std::string_view digits = value->number();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::optional<Pairs> ReadPairs(const json::Value& object, std::string_view key) {
  const json::Value* value = object.Find(key);
  if (value == nullptr || !value->is_object()) return std::nullopt;
  Pairs pairs;
  for (const json::Member& member : value->object())
    if (member.value.is_string()) pairs.emplace_back(member.name, member.value.string());
  return pairs;
}

std::span<const json::Value> Elements(const json::Value& object, std::string_view key) {
  const json::Value* value = object.Find(key);
  return value != nullptr && value->is_array() ? value->array() : std::span<const json::Value>();
}

Configuration ReadConfiguration(const json::Value& object) {
  Configuration configuration;
  configuration.version = Text(object, "version");
  configuration.runtime = Text(object, "runtime");
  configuration.role = Text(object, "role");
  configuration.handler = Text(object, "handler");
  configuration.description = Text(object, "description");
  configuration.timeout_seconds = Number(object, "timeout").value_or(3);
  configuration.memory_mib = Number(object, "memory").value_or(128);
  configuration.environment = ReadPairs(object, "environment");
  configuration.architecture = Text(object, "architecture");
  configuration.tracing = Text(object, "tracing");
  configuration.storage_mib = Number(object, "storage").value_or(512);
  configuration.code_directory = Text(object, "code");
  configuration.code_sha256 = Text(object, "sha256");
  configuration.code_bytes = Number(object, "bytes").value_or(0);
  configuration.last_modified = Text(object, "modified");
  configuration.revision_id = Text(object, "revision");
  return configuration;
}

}  // namespace

std::string Definition::Arn() const {
  return fmt::format("arn:aws:lambda:{}:{}:function:{}", region, account, name);
}

const Configuration* Definition::FindVersion(std::string_view version) const {
  if (version.empty() || version == kLatest) return &latest;
  const auto found = std::ranges::find(versions, version, &Configuration::version);
  return found == versions.end() ? nullptr : &*found;
}

const Alias* Definition::FindAlias(std::string_view alias) const {
  const auto found = std::ranges::find(aliases, alias, &Alias::name);
  return found == aliases.end() ? nullptr : &*found;
}

std::string EncodeDefinition(const Definition& definition) {
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject();
  WriteNumber(writer, "format", kFormatVersion);
  WriteText(writer, "account", definition.account);
  WriteText(writer, "region", definition.region);
  WriteText(writer, "name", definition.name);
  writer.Key("latest");
  WriteConfiguration(writer, definition.latest);
  writer.Key("versions");
  writer.BeginArray();
  for (const Configuration& version : definition.versions) WriteConfiguration(writer, version);
  writer.EndArray();
  WriteNumber(writer, "next", definition.next_version);
  writer.Key("aliases");
  writer.BeginArray();
  for (const Alias& alias : definition.aliases) {
    writer.BeginObject();
    WriteText(writer, "name", alias.name);
    WriteText(writer, "version", alias.version);
    WriteText(writer, "description", alias.description);
    WritePairs(writer, "weights", alias.weights);
    WriteText(writer, "revision", alias.revision_id);
    writer.EndObject();
  }
  writer.EndArray();
  WritePairs(writer, "tags", definition.tags);
  writer.Key("permissions");
  writer.BeginArray();
  for (const Permission& permission : definition.permissions) {
    writer.BeginObject();
    WriteText(writer, "sid", permission.sid);
    WriteText(writer, "qualifier", permission.qualifier);
    WriteText(writer, "statement", permission.statement);
    writer.EndObject();
  }
  writer.EndArray();
  if (definition.reserved_concurrency) WriteNumber(writer, "reserved", *definition.reserved_concurrency);
  writer.EndObject();
  return text;
}

Result<Definition> DecodeDefinition(std::string_view text) {
  json::Document document;
  if (Status parsed = document.Parse(text); !parsed.ok())
    return Err(ErrorCode::kCorruption, {}, "the row of a function is damaged: {}", parsed.error().message());
  const json::Value& root = document.root();
  const auto format = Number(root, "format");
  const json::Value* latest = root.Find("latest");
  if (format && *format > kFormatVersion)
    return Err(ErrorCode::kUnimplemented, {}, "the row of a function is of format {}, which this program does not know",
               *format);
  Definition definition;
  definition.account = Text(root, "account");
  definition.region = Text(root, "region");
  definition.name = Text(root, "name");
  if (!format || latest == nullptr || !latest->is_object() || definition.name.empty())
    return Err(ErrorCode::kCorruption, {}, "the row of a function is damaged");
  definition.latest = ReadConfiguration(*latest);
  for (const json::Value& version : Elements(root, "versions"))
    definition.versions.push_back(ReadConfiguration(version));
  definition.next_version = Number(root, "next").value_or(1);
  for (const json::Value& alias : Elements(root, "aliases"))
    definition.aliases.push_back({.name = Text(alias, "name"),
                                  .version = Text(alias, "version"),
                                  .description = Text(alias, "description"),
                                  .weights = ReadPairs(alias, "weights").value_or(Pairs()),
                                  .revision_id = Text(alias, "revision")});
  definition.tags = ReadPairs(root, "tags").value_or(Pairs());
  for (const json::Value& permission : Elements(root, "permissions"))
    definition.permissions.push_back({.sid = Text(permission, "sid"),
                                      .qualifier = Text(permission, "qualifier"),
                                      .statement = Text(permission, "statement")});
  definition.reserved_concurrency = Number(root, "reserved");
  return definition;
}

Result<functions::Runtime> RuntimeOf(std::string_view name) {
  if (name.starts_with("nodejs")) return functions::Runtime::kNode;
  if (name.starts_with("python3")) return functions::Runtime::kPython;
  if (name.starts_with("provided") || name == "go1.x") return functions::Runtime::kNative;
  return InvalidArgument(
      "Value {} at 'runtime' failed to satisfy constraint: this server runs nodejs*, python3* and provided*", name);
}

std::string_view RuntimeNameOf(functions::Runtime runtime) {
  switch (runtime) {
    case functions::Runtime::kNode:
      return "nodejs22.x";
    case functions::Runtime::kPython:
      return "python3.13";
    case functions::Runtime::kNative:
      break;
  }
  return "provided.al2023";
}

Result<functions::FunctionOptions> RunOptionsOf(const Definition& definition, const Configuration& configuration) {
  functions::FunctionOptions options;
  ASSIGN_OR_RETURN(options.runtime, RuntimeOf(configuration.runtime));
  options.name = definition.name;
  options.account = definition.account;
  options.region = definition.region;
  options.arn = definition.Arn();
  if (configuration.version != kLatest) options.arn += ":" + configuration.version;
  options.handler = configuration.handler;
  options.directory = configuration.code_directory;
  if (configuration.environment) options.environment = *configuration.environment;
  options.timeout = std::chrono::seconds(configuration.timeout_seconds);
  options.memory_mib = static_cast<std::uint32_t>(configuration.memory_mib);
  if (definition.reserved_concurrency && *definition.reserved_concurrency > 0)
    options.concurrency = static_cast<std::uint32_t>(
        std::min<std::int64_t>(*definition.reserved_concurrency, functions::FunctionOptions::kConcurrencyMax));
  options.version = configuration.version;
  return options;
}

}  // namespace millrace::api::lambda
