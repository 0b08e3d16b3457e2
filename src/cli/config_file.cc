#include "cli/config_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "config/limits.h"
#include "config/schemas.h"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;

std::string Count(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

std::optional<std::string> FindConfig(const std::string& directory) {
  std::error_code ignored;
  for (fs::path at = directory;; at = at.parent_path()) {
    const fs::path candidate = at / kConfigName;
    if (fs::is_regular_file(candidate, ignored)) return candidate.string();
    if (at == at.parent_path()) return std::nullopt;
  }
}

std::string Resolved(const Io& io, const std::string& path) {
  return (fs::path(io.working_directory) / path).lexically_normal().string();
}

std::string ReadAll(std::istream& in, std::size_t limit) {
  std::string text;
  constexpr std::size_t kChunk = 64 * 1024;
  while (in && text.size() <= limit) {
    const std::size_t before = text.size();
    text.resize(before + std::min(kChunk, limit + 1 - before));
    in.read(text.data() + before, static_cast<std::streamsize>(text.size() - before));
    text.resize(before + static_cast<std::size_t>(in.gcount()));
  }
  return text;
}

ConfigFile ReadConfig(const Io& io, const std::string& path) {
  ConfigFile file;
  if (path == "-") {
    file.name = "<stdin>";
    file.text = ReadAll(io.in, config::limits::kFileBytesMax);
  } else {
    // A file below the working directory is shown as it is seen from there.
    const fs::path shown = fs::path(path).lexically_relative(io.working_directory);
    file.name = fs::path(path).is_absolute() && !shown.empty() && *shown.begin() != ".." ? shown.string() : path;
    auto text = config::ReadConfigFile(Resolved(io, path));
    if (!text.ok()) {
      const bool missing = text.error().code() == ErrorCode::kNotFound;
      file.outcome.diagnostics.push_back({config::code::kFile,
                                          config::Level::kError,
                                          "the file cannot be read: " + text.error().message(),
                                          file.name,
                                          {},
                                          {},
                                          {},
                                          missing ? "name another file, or write one" : ""});
      return file;
    }
    file.text = *std::move(text);
  }
  file.outcome = config::Parse(file.name, file.text);
  const bool has_place = path != "-";
  config::LoadSchemas(file.name, has_place ? fs::path(Resolved(io, path)).parent_path().string() : io.working_directory,
                      file.outcome);
  return file;
}

std::string CountText(const std::vector<config::Diagnostic>& diagnostics) {
  const auto errors = static_cast<std::size_t>(std::count_if(
      diagnostics.begin(), diagnostics.end(), [](const auto& d) { return d.level == config::Level::kError; }));
  const std::size_t warnings = diagnostics.size() - errors;
  if (errors + warnings == 0) return "no problems";
  if (warnings == 0) return Count(errors, "error");
  if (errors == 0) return Count(warnings, "warning");
  return Count(errors, "error") + " and " + Count(warnings, "warning");
}

}  // namespace millrace::cli
