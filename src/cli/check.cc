#include "cli/check.h"

#include <fmt/core.h>

#include "cli/config_file.h"
#include "cli/exit_code.h"
#include "json/write.h"

namespace millrace::cli {
namespace {

std::string Inventory(const config::Config& config) {
  std::string out;
  const auto add = [&](std::size_t count, std::string_view one, std::string_view many) {
    if (count == 0) return;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, count == 1 ? one : many);
  };
  add(config.tables.size(), "table", "tables");
  add(config.buses.size(), "bus", "buses");
  add(config.pipes.size(), "pipe", "pipes");
  add(config.rules.size(), "rule", "rules");
  add(config.targets.size(), "target", "targets");
  return out.empty() ? "nothing in it" : out;
}

void WriteText(const std::vector<ConfigFile>& files, Io& io) {
  for (const ConfigFile& file : files) {
    for (const config::Diagnostic& d : file.outcome.diagnostics)
      io.out << RenderText(d, file.text, io.color_out) << '\n';
    io.out << file.name << ": " << (file.outcome.config ? "valid" : "not valid");
    if (!file.outcome.diagnostics.empty()) io.out << ", " << CountText(file.outcome.diagnostics);
    if (file.outcome.config) io.out << " (" << Inventory(*file.outcome.config) << ")";
    io.out << '\n';
  }
}

// The form is stable: a change that a reader could trip over counts `version` up.
void WriteJson(const std::vector<ConfigFile>& files, Io& io) {
  std::string out;
  json::Writer writer(&out);
  writer.BeginObject();
  writer.Key("version");
  writer.Integer(1);
  writer.Key("files");
  writer.BeginArray();
  for (const ConfigFile& file : files) {
    writer.BeginObject();
    writer.Key("file");
    writer.String(file.name);
    writer.Key("valid");
    writer.Bool(file.outcome.config.has_value());
    writer.Key("diagnostics");
    writer.BeginArray();
    for (const config::Diagnostic& d : file.outcome.diagnostics) writer.Raw(RenderJson(d));
    writer.EndArray();
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  io.out << out << '\n';
}

}  // namespace

int Check(const CheckOptions& options, Io& io) {
  std::vector<std::string> paths = options.files;
  if (paths.empty()) {
    const auto found = FindConfig(io.working_directory);
    if (!found) {
      Complain(io, fmt::format("there is no {} here or above", kConfigName), {}, "name a file: millrace check FILE");
      return kExitUsage;
    }
    paths.push_back(*found);
  }
  std::vector<ConfigFile> files;
  bool valid = true;
  for (const std::string& path : paths) {
    files.push_back(ReadConfig(io, path));
    valid = valid && files.back().outcome.config.has_value();
  }
  if (options.format == "json")
    WriteJson(files, io);
  else
    WriteText(files, io);
  return valid ? kExitOk : kExitInvalid;
}

}  // namespace millrace::cli
