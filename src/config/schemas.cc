#include "config/schemas.h"

#include <fmt/core.h>

#include <iterator>

#include "config/report.h"

namespace millrace::config {

void UseSchemas(Config& config) {
  for (Pipe& pipe : config.pipes) {
    if (!pipe.validation) continue;
    const Schema* const schema = config.FindSchema(pipe.validation->schema.name);
    if (schema != nullptr) pipe.validation->compiled = schema->compiled;
  }
}

void LoadSchemas(std::string_view file, const std::string& directory, ParseOutcome& outcome) {
  if (!outcome.config) return;
  Report report(file);
  for (Schema& schema : outcome.config->schemas) {
    if (schema.file.empty()) continue;
    const std::string ref = "schema/" + schema.name;
    const bool absolute = schema.file.starts_with('/') || directory.empty();
    const auto text = ReadConfigFile(absolute ? schema.file : directory + "/" + schema.file);
    if (!text.ok()) {
      report.Add(code::kFile, schema.span, ref,
                 {fmt::format("{}: the file cannot be read: {}", ref, text.error().message()),
                  "it is looked for relative to this file", "name another file, or write one"});
      continue;
    }
    auto compiled = jsonschema::Schema::Compile(*text);
    if (!compiled.ok()) {
      report.Add(code::kBadSchema, schema.span, ref,
                 {fmt::format("{}: {} is not valid: {}", ref, schema.file, compiled.error().message()), {}, {}});
      continue;
    }
    schema.compiled = *std::move(compiled);
  }
  UseSchemas(*outcome.config);
  if (report.has_errors()) outcome.config.reset();
  std::vector<Diagnostic> found = report.Take();
  outcome.diagnostics.insert(outcome.diagnostics.end(), std::make_move_iterator(found.begin()),
                             std::make_move_iterator(found.end()));
}

}  // namespace millrace::config
