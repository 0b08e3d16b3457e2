#include "cli/dev.h"

#include <fmt/core.h>

#include <filesystem>

#include "cli/config_file.h"
#include "cli/exit_code.h"
#include "config/spec.h"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;

// False: the configuration is not valid, which was said.
bool ReadConfiguration(const DevFlags& flags, Io& io, app::DevOptions& options) {
  std::string path = flags.config;
  options.config_directory = io.working_directory;
  options.data = Resolved(io, options.data);
  if (path.empty()) {
    const auto found = FindConfig(io.working_directory);
    if (!found) return true;  // a node without a configuration: tables are made through the API
    path = *found;
    // Whoever starts it in a folder below finds the same data.
    options.data = (fs::path(path).parent_path() / ".millrace").string();
  }
  ConfigFile file = ReadConfig(io, path);
  for (const config::Diagnostic& d : file.outcome.diagnostics) io.err << RenderText(d, file.text, io.color_err) << '\n';
  if (!file.outcome.config) {
    io.err << file.name << ": not valid, " << CountText(file.outcome.diagnostics) << '\n';
    return false;
  }
  options.config = *std::move(file.outcome.config);
  options.config_file = file.name;
  if (path != "-") options.config_directory = fs::path(Resolved(io, path)).parent_path().string();
  if (options.config.settings.data)
    options.data = (fs::path(options.config_directory) / *options.config.settings.data).lexically_normal().string();
  return true;
}

// False: the host is not this machine alone, which was said.
bool SettleAddress(const DevFlags& flags, Io& io, app::DevOptions& options) {
  if (const auto& listen = options.config.settings.listen) {
    std::string_view host;
    if (config::SplitHostPort(*listen, host, options.port)) options.host = host;
  }
  if (flags.host) options.host = *flags.host;
  if (flags.port) options.port = *flags.port;
  if (config::IsLoopbackHost(options.host)) return true;
  Complain(io, fmt::format("--host {} is not a loopback address", options.host),
           "there is no authentication: whoever reaches the port could read and write every table",
           "leave the flag out (127.0.0.1), or put a proxy that authenticates in front");
  return false;
}

// False: the flags contradict each other, which was said.
bool SettleDurability(const DevFlags& flags, Io& io, app::DevOptions& options) {
  if (flags.durability == "relaxed") options.durability = app::Durability::kRelaxed;
  if (flags.durability == "memory" || flags.ephemeral) options.durability = app::Durability::kMemory;
  const bool kept = flags.durability == "durable" || flags.durability == "relaxed";
  if (flags.ephemeral && kept) {
    Complain(io, fmt::format("--ephemeral keeps nothing, --durability {} does", flags.durability), {}, "choose one");
    return false;
  }
  if (options.durability == app::Durability::kMemory && flags.data) {
    Complain(io, "--data names a directory, but nothing is kept in memory mode", {}, "choose one");
    return false;
  }
  return true;
}

}  // namespace

int Dev(const DevFlags& flags, Io& io) {
  app::DevOptions options;
  if (!ReadConfiguration(flags, io, options)) return kExitInvalid;
  if (!SettleAddress(flags, io, options) || !SettleDurability(flags, io, options)) return kExitUsage;
  if (flags.data) options.data = Resolved(io, *flags.data);
  if (!flags.ready_file.empty()) options.ready_file = Resolved(io, flags.ready_file);
  options.quiet = flags.quiet;
  options.color = io.color_err;
  return io.run_dev(options);
}

}  // namespace millrace::cli
