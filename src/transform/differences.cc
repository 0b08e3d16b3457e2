#include "transform/differences.h"

#include <fmt/core.h>

#include <algorithm>

namespace millrace::transform {
namespace {

// Calls visit(name, old or null, new or null) for each name of either map, in byte order.
template <class Visit>
void MergeByName(const model::AttributeMap& old_map, const model::AttributeMap& new_map, Visit visit) {
  auto a = old_map.begin();
  auto b = new_map.begin();
  while (a != old_map.end() || b != new_map.end()) {
    const int order = a == old_map.end() ? 1 : b == new_map.end() ? -1 : a->first.compare(b->first);
    if (order < 0) {
      visit(a->first, &a->second, static_cast<const model::AttributeValue*>(nullptr));
    } else if (order > 0) {
      visit(b->first, static_cast<const model::AttributeValue*>(nullptr), &b->second);
    } else {
      visit(a->first, &a->second, &b->second);
    }
    if (order <= 0) ++a;
    if (order >= 0) ++b;
  }
}

void AppendName(std::string& path, std::string_view name) {
  if (!name.empty() && name.find_first_of(".[]'\"\\ ") == std::string_view::npos) {
    if (!path.empty()) path.push_back('.');
    path.append(name);
    return;
  }
  path.append("['");
  for (const char c : name) {
    if (c == '\'' || c == '\\') path.push_back('\\');
    path.push_back(c);
  }
  path.append("']");
}

class PathFinder {
 public:
  explicit PathFinder(std::vector<std::string>& found) : found_(found) {}

  void CompareMaps(const model::AttributeMap& old_map, const model::AttributeMap& new_map) {
    MergeByName(old_map, new_map,
                [this](std::string_view name, const model::AttributeValue* a, const model::AttributeValue* b) {
                  const std::size_t before = path_.size();
                  AppendName(path_, name);
                  Compare(a, b);
                  path_.resize(before);
                });
  }

 private:
  // Recursion ends with the nesting of values, which model::limits bounds.
  void Compare(const model::AttributeValue* a, const model::AttributeValue* b) {
    if (a == nullptr || b == nullptr || a->type() != b->type()) {
      found_.push_back(path_);
    } else if (a->m() != nullptr) {
      CompareMaps(*a->m(), *b->m());
    } else if (a->l() != nullptr) {
      CompareLists(*a->l(), *b->l());
    } else if (*a != *b) {
      found_.push_back(path_);
    }
  }

  void CompareLists(const model::List& old_list, const model::List& new_list) {
    const auto at = [](const model::List& list, std::size_t i) { return i < list.size() ? &list[i] : nullptr; };
    const std::size_t before = path_.size();
    for (std::size_t i = 0; i < std::max(old_list.size(), new_list.size()); ++i) {
      path_ += fmt::format("[{}]", i);
      Compare(at(old_list, i), at(new_list, i));
      path_.resize(before);
    }
  }

  std::string path_;
  std::vector<std::string>& found_;
};

}  // namespace

std::vector<std::string_view> DifferingNames(const model::Item& old_image, const model::Item& new_image) {
  std::vector<std::string_view> names;
  MergeByName(old_image, new_image,
              [&](std::string_view name, const model::AttributeValue* a, const model::AttributeValue* b) {
                if (a == nullptr || b == nullptr || *a != *b) names.push_back(name);
              });
  return names;
}

std::vector<std::string> DifferingPaths(const model::Item& old_image, const model::Item& new_image) {
  std::vector<std::string> paths;
  PathFinder(paths).CompareMaps(old_image, new_image);
  return paths;
}

}  // namespace millrace::transform
