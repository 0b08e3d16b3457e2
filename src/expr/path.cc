#include "expr/path.h"

#include <fmt/format.h>

namespace millrace::expr {

std::string Path::ToString() const {
  std::string out = "[";
  for (const PathStep& step : steps) {
    if (out.size() > 1) out += ", ";
    if (const auto* name = std::get_if<std::string>(&step)) {
      out += *name;
    } else {
      fmt::format_to(std::back_inserter(out), "[{}]", *std::get_if<std::uint32_t>(&step));
    }
  }
  out += "]";
  return out;
}

const model::AttributeValue* Resolve(const model::Item& item, const Path& path) {
  const model::AttributeValue* value = item.Find(path.root());
  for (std::size_t i = 1; value != nullptr && i < path.steps.size(); ++i) {
    const PathStep& step = path.steps[i];
    if (const auto* name = std::get_if<std::string>(&step)) {
      const model::AttributeMap* map = value->m();
      value = map == nullptr ? nullptr : map->Find(*name);
    } else {
      const model::List* list = value->l();
      const std::size_t index = *std::get_if<std::uint32_t>(&step);
      value = list == nullptr || index >= list->size() ? nullptr : &(*list)[index];
    }
  }
  return value;
}

}  // namespace millrace::expr
