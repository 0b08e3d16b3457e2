#include "config/input.h"

namespace millrace::config {
namespace {

Result<transform::Input> Deliverable(Result<transform::InputTemplate> parsed) {
  TRY(parsed);
  if (parsed->problem()) return InvalidArgument("{}", *parsed->problem());
  return transform::Input(*std::move(parsed));
}

}  // namespace

Result<transform::Input> RuleInput(const std::vector<std::pair<std::string, std::string>>& paths,
                                   std::string_view text) {
  std::vector<transform::InputPathEntry> entries;
  for (const auto& [name, path] : paths) entries.push_back({name, path});
  return Deliverable(transform::InputTemplate::ForRule(entries, text));
}

Result<transform::Input> PipeInput(std::string_view text) {
  if (text.empty()) return transform::Input();
  return Deliverable(transform::InputTemplate::ForPipe(text));
}

}  // namespace millrace::config
