// Definition is a function as the Lambda API knows it: its configuration, its versions and aliases, who may call it,
// and where its code lies.
//
// https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
//
// Threads:   plain value.
// Failure:   DecodeDefinition: Corruption, or Unimplemented for a version that is newer than this program.
// Format:    docs/design/functions.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "functions/function_options.h"

namespace millrace::api::lambda {

inline constexpr std::string_view kLatest = "$LATEST";

using Pairs = std::vector<std::pair<std::string, std::string>>;

// What a version of a function is. A published one never changes.
struct Configuration {
  std::string version = std::string(kLatest);
  std::string runtime = {};  // "nodejs20.x"
  std::string role = {};
  std::string handler = {};
  std::string description = {};
  std::int64_t timeout_seconds = 3;
  std::int64_t memory_mib = 128;
  std::optional<Pairs> environment = {};
  std::string architecture = "x86_64";
  std::string tracing = "PassThrough";
  std::int64_t storage_mib = 512;
  std::string code_directory = {};
  std::string code_sha256 = {};  // base64
  std::int64_t code_bytes = 0;
  std::string last_modified = {};  // "2026-01-01T00:00:00.000+0000"
  std::string revision_id = {};
};

struct Alias {
  std::string name;
  std::string version;
  std::string description = {};
  Pairs weights = {};  // of further versions: "2", "0.1"
  std::string revision_id = {};
};

struct Permission {
  std::string sid;
  std::string qualifier;  // empty: the function itself
  std::string statement;  // JSON
};

struct Definition {
  std::string account;
  std::string region;
  std::string name;
  bool declared = false;  // by the configuration file, which alone may change it
  Configuration latest = {};
  std::vector<Configuration> versions = {};  // published, ascending
  std::int64_t next_version = 1;
  std::vector<Alias> aliases = {};  // by name
  Pairs tags = {};
  std::vector<Permission> permissions = {};
  std::optional<std::int64_t> reserved_concurrency = {};

  std::string Arn() const;                                           // without a qualifier
  const Configuration* FindVersion(std::string_view version) const;  // "$LATEST" included
  const Alias* FindAlias(std::string_view alias) const;
};

std::string EncodeDefinition(const Definition& definition);
Result<Definition> DecodeDefinition(std::string_view text);

// How a version is run. InvalidArgument: no such runtime here.
Result<functions::FunctionOptions> RunOptionsOf(const Definition& definition, const Configuration& configuration);
// InvalidArgument for what is not Node.js, Python or an executable.
Result<functions::Runtime> RuntimeOf(std::string_view name);
// "nodejs20.x" for what a configuration file calls `run: node`.
std::string_view RuntimeNameOf(functions::Runtime runtime);

}  // namespace millrace::api::lambda
