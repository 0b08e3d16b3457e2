#include "api/lambda/catalogue.h"

#include <algorithm>

#include "base/log.h"

namespace millrace::api::lambda {
namespace {

constexpr std::string_view kPrefix = "lambda/function/";
constexpr std::size_t kRowsPerScan = 256;

}  // namespace

Catalogue::Catalogue(functions::Functions& functions, flow::StateStore& store, std::string account, std::string region)
    : functions_(functions), store_(store), account_(std::move(account)), region_(std::move(region)) {}

std::string Catalogue::RowKey(const Definition& definition) {
  return fmt::format("{}{}/{}/{}", kPrefix, definition.account, definition.region, definition.name);
}

std::string Catalogue::RunName(const Definition& definition, std::string_view version) const {
  std::string name = definition.account == account_ && definition.region == region_
                         ? definition.name
                         : fmt::format("{}/{}/{}", definition.account, definition.region, definition.name);
  if (version != kLatest) name.append(":").append(version);
  return name;
}

Status Catalogue::Load() {
  std::string after(kPrefix);
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<flow::StateRow> rows, store_.Scan(kPrefix, after, kRowsPerScan));
    if (rows.empty()) return Ok();
    for (const flow::StateRow& row : rows) {
      ASSIGN_OR_RETURN(Definition definition, DecodeDefinition(row.value.value_or("")));
      if (Find(definition.account, definition.region, definition.name) != nullptr) {
        log::Warn("function '{}' is declared by the configuration: the one made by CreateFunction rests",
                  definition.name);
        continue;
      }
      if (Status ran = Run(definition); !ran.ok()) log::Warn("{}", ran.error().message());
      std::lock_guard lock(mutex_);
      Key key(definition.account, definition.region, definition.name);
      definitions_[std::move(key)] = std::make_shared<const Definition>(std::move(definition));
    }
    after = rows.back().key;
  }
}

void Catalogue::Declare(const functions::FunctionOptions& function) {
  Definition definition{.account = function.account.empty() ? account_ : function.account,
                        .region = function.region.empty() ? region_ : function.region,
                        .name = function.name,
                        .declared = true};
  definition.latest.runtime = RuntimeNameOf(function.runtime);
  definition.latest.role = fmt::format("arn:aws:iam::{}:role/millrace", definition.account);
  definition.latest.handler = function.handler;
  definition.latest.description = "Declared in the configuration file.";
  definition.latest.timeout_seconds = std::chrono::ceil<std::chrono::seconds>(function.timeout).count();
  definition.latest.memory_mib = function.memory_mib;
  if (!function.environment.empty()) definition.latest.environment = function.environment;
  definition.latest.code_directory = function.directory;
  definition.latest.last_modified = "1970-01-01T00:00:00.000+0000";
  definition.latest.revision_id = "00000000-0000-0000-0000-000000000000";
  std::lock_guard lock(mutex_);
  Key key(definition.account, definition.region, definition.name);
  definitions_[std::move(key)] = std::make_shared<const Definition>(std::move(definition));
}

DefinitionPtr Catalogue::Find(std::string_view account, std::string_view region, std::string_view name) const {
  std::lock_guard lock(mutex_);
  const auto found = definitions_.find(Key(account, region, name));
  return found == definitions_.end() ? nullptr : found->second;
}

std::vector<DefinitionPtr> Catalogue::List(std::string_view account, std::string_view region) const {
  std::lock_guard lock(mutex_);
  std::vector<DefinitionPtr> found;
  for (auto at = definitions_.lower_bound(Key(account, region, "")); at != definitions_.end(); ++at) {
    if (std::get<0>(at->first) != account || std::get<1>(at->first) != region) break;
    found.push_back(at->second);
  }
  return found;
}

Status Catalogue::Run(const Definition& definition) {
  auto run = [&](const Configuration& configuration) -> Status {
    ASSIGN_OR_RETURN(functions::FunctionOptions options, RunOptionsOf(definition, configuration));
    options.id = RunName(definition, configuration.version);
    const auto running = functions_.Find(options.id);
    if (!running) return functions_.Add(std::move(options));
    return *running == options ? Ok() : functions_.Update(std::move(options));
  };
  TRY(run(definition.latest));
  for (const Configuration& version : definition.versions) TRY(run(version));
  return Ok();
}

Status Catalogue::Put(Definition definition) {
  // Before it is stored: what cannot be run is no function.
  ASSIGN_OR_RETURN(functions::FunctionOptions options, RunOptionsOf(definition, definition.latest));
  TRY(functions::CheckFunctionOptions(options));
  TRY(flow::WriteAndWait(store_, {{RowKey(definition), EncodeDefinition(definition)}}));
  auto stored = std::make_shared<const Definition>(std::move(definition));
  DefinitionPtr before;
  {
    std::lock_guard lock(mutex_);
    DefinitionPtr& place = definitions_[Key(stored->account, stored->region, stored->name)];
    before = std::exchange(place, stored);
  }
  if (before != nullptr)
    for (const Configuration& version : before->versions)
      if (stored->FindVersion(version.version) == nullptr)
        if (Status gone = functions_.Remove(RunName(*before, version.version)); !gone.ok())
          log::Warn("{}", gone.error().message());
  return Run(*stored);
}

Status Catalogue::Remove(const Definition& definition) {
  TRY(flow::WriteAndWait(store_, {{RowKey(definition), std::nullopt}}));
  {
    std::lock_guard lock(mutex_);
    definitions_.erase(Key(definition.account, definition.region, definition.name));
  }
  auto remove = [&](std::string_view version) {
    if (Status gone = functions_.Remove(RunName(definition, version)); !gone.ok())
      log::Warn("{}", gone.error().message());
  };
  remove(kLatest);
  for (const Configuration& version : definition.versions) remove(version.version);
  return Ok();
}

}  // namespace millrace::api::lambda
