#include "api/admin/plant.h"

#include "base/nearest.h"

namespace millrace::api::admin {

Result<RunningFlow> FindFlow(const Plant& plant, std::string_view name) {
  const std::vector<RunningFlow> flows = plant.Flows();
  if (name.empty()) return InvalidArgument("which flow? Give `flow`, e.g. pipe/NAME or rule/NAME/TARGET");
  std::vector<const RunningFlow*> meant;
  for (const RunningFlow& each : flows) {
    if (each.name == name) return each;
    const std::string_view full = each.name;
    const std::size_t kind = full.find('/') + 1;
    const std::string_view within = full.substr(kind);  // "user-changes", "phone-changed/endpoint"
    const bool whole = within == name;
    const bool rule = within.substr(0, within.rfind('/')) == name || full.substr(0, full.rfind('/')) == name;
    if (whole || (full.starts_with("rule/") && rule)) meant.push_back(&each);
  }
  if (meant.size() == 1) return *meant[0];
  if (meant.size() > 1)
    return Err(ErrorCode::kInvalidArgument, {}, "'{}' may be {} or {}: say which", name, meant[0]->name,
               meant[1]->name);
  std::vector<std::string_view> names;
  for (const RunningFlow& each : flows) names.push_back(each.name);
  std::string_view nearest = Nearest(name, names);
  if (nearest.empty() && name.find('/') == std::string_view::npos)
    nearest = Nearest(fmt::format("pipe/{}", name), names);
  return Err(ErrorCode::kNotFound, {}, "there is no flow '{}'{}", name,
             !nearest.empty() ? fmt::format("; did you mean {}?", nearest)
             : flows.empty()  ? std::string("; no pipe or rule runs here")
                              : fmt::format("; there are {}{}", flows[0].name, flows.size() > 1 ? " and others" : ""));
}

}  // namespace millrace::api::admin
