#include "expr/path_set.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <variant>

namespace millrace::expr {
namespace {

std::size_t CommonSteps(const Path& a, const Path& b) {
  const auto [ia, ib] = std::mismatch(a.steps.begin(), a.steps.end(), b.steps.begin(), b.steps.end());
  return static_cast<std::size_t>(ia - a.steps.begin());
}

}  // namespace

PathSet::PathSet(std::vector<Path> paths) : paths_(std::move(paths)), sorted_(paths_.size()) {
  std::iota(sorted_.begin(), sorted_.end(), 0U);
  // A path comes before those that it contains; equal paths keep their order.
  std::sort(sorted_.begin(), sorted_.end(), [this](std::uint32_t a, std::uint32_t b) {
    const auto order = paths_[a].steps <=> paths_[b].steps;
    return order != 0 ? order < 0 : a < b;
  });
}

std::optional<PathSet::Clash> PathSet::FindClash() const {
  std::optional<Clash> first;
  const auto note = [&first](bool overlap, std::uint32_t a, std::uint32_t b) {
    const Clash clash{overlap, std::min(a, b), std::max(a, b)};
    // The clash that a reader meets first.
    if (!first || (clash.overlap && !first->overlap) ||
        (clash.overlap == first->overlap && std::pair(clash.two, clash.one) < std::pair(first->two, first->one))) {
      first = clash;
    }
  };
  std::size_t cover = 0;  // the last path that was in no other
  for (std::size_t i = 1; i < sorted_.size(); ++i) {
    const Path& path = paths_[sorted_[i]];
    const Path& covering = paths_[sorted_[cover]];
    if (CommonSteps(covering, path) == covering.steps.size()) {
      note(true, sorted_[cover], sorted_[i]);
      continue;
    }
    cover = i;
    const Path& previous = paths_[sorted_[i - 1]];
    const std::size_t common = CommonSteps(previous, path);
    // Names sort before indexes, so if a value is used as both, some neighbours part there.
    if (common < previous.steps.size() && previous.steps[common].index() != path.steps[common].index()) {
      note(false, sorted_[i - 1], sorted_[i]);
    }
  }
  return first;
}

std::size_t PathSet::GroupSize(std::span<const std::uint32_t> range, std::size_t depth) const {
  const PathStep& step = Step(range.front(), depth);
  std::size_t size = 1;
  while (size < range.size() && Step(range[size], depth) == step) ++size;
  return size;
}

model::Item PathSet::Project(const model::Item& item) const {
  return ProjectMap(sorted_, 0, item);
}

model::AttributeMap PathSet::ProjectMap(std::span<const std::uint32_t> range, std::size_t depth,
                                        const model::AttributeMap& map) const {
  model::AttributeMap out;
  while (!range.empty()) {
    const std::size_t size = GroupSize(range, depth);
    const auto* name = std::get_if<std::string>(&Step(range.front(), depth));
    if (const model::AttributeValue* value = name == nullptr ? nullptr : map.Find(*name)) {
      auto part = ProjectValue(range.first(size), depth + 1, *value);
      // Names arrive in ascending order, as Append requires.
      if (part) out.Append(*name, *std::move(part));
    }
    range = range.subspan(size);
  }
  return out;
}

std::optional<model::AttributeValue> PathSet::ProjectValue(std::span<const std::uint32_t> range, std::size_t depth,
                                                           const model::AttributeValue& value) const {
  if (EndsAt(range.front(), depth)) return value;
  if (const model::AttributeMap* map = value.m()) {
    model::AttributeMap part = ProjectMap(range, depth, *map);
    if (part.empty()) return std::nullopt;
    return model::AttributeValue(std::move(part));
  }
  if (const model::List* list = value.l()) {
    model::List part;
    while (!range.empty()) {
      const std::size_t size = GroupSize(range, depth);
      const auto* index = std::get_if<std::uint32_t>(&Step(range.front(), depth));
      if (index != nullptr && *index < list->size()) {
        auto element = ProjectValue(range.first(size), depth + 1, (*list)[*index]);
        if (element) part.push_back(*std::move(element));
      }
      range = range.subspan(size);
    }
    if (part.empty()) return std::nullopt;
    return model::AttributeValue(std::move(part));
  }
  return std::nullopt;
}

}  // namespace millrace::expr
