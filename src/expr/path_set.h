// PathSet is a list of document paths that can be walked together with an item, as one tree.
//
// It keeps the paths sorted, so the paths below one map entry or list element are neighbours: the tree needs no nodes,
// only ranges. Names come before indexes, names in byte order, indexes ascending.
//
// Threads: immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "expr/path.h"
#include "model/attribute_value.h"

namespace millrace::expr {

class PathSet {
 public:
  PathSet() = default;
  explicit PathSet(std::vector<Path> paths);

  // As given.
  const std::vector<Path>& paths() const { return paths_; }
  // Positions in paths(), in the order of the paths.
  std::span<const std::uint32_t> sorted() const { return sorted_; }

  // Two paths that cannot stand together: one is the other or contains it (overlap), or they use one value as a map and
  // as a list (conflict). `one` and `two` are positions in paths(), one < two. Overlaps come first.
  struct Clash {
    bool overlap = false;
    std::uint32_t one = 0;
    std::uint32_t two = 0;
  };
  std::optional<Clash> FindClash() const;

  // The length of the leading part of `range` whose paths have the same step at `depth`. REQUIRES: range is not empty,
  // its paths agree before `depth` and are longer.
  std::size_t GroupSize(std::span<const std::uint32_t> range, std::size_t depth) const;
  const PathStep& Step(std::uint32_t path, std::size_t depth) const { return paths_[path].steps[depth]; }
  bool EndsAt(std::uint32_t path, std::size_t depth) const { return paths_[path].steps.size() == depth; }

  // The parts of `item` that the paths name. List elements keep their order and close ranks; what is not there is left
  // out, and so are the maps and lists around it. REQUIRES: FindClash() is empty.
  model::Item Project(const model::Item& item) const;

 private:
  std::optional<model::AttributeValue> ProjectValue(std::span<const std::uint32_t> range, std::size_t depth,
                                                    const model::AttributeValue& value) const;
  model::AttributeMap ProjectMap(std::span<const std::uint32_t> range, std::size_t depth,
                                 const model::AttributeMap& map) const;

  std::vector<Path> paths_;
  std::vector<std::uint32_t> sorted_;
};

}  // namespace millrace::expr
