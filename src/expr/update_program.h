// UpdateProgram is what an update expression becomes: one action per target path, and the values they need.
//
// Threads:   immutable once parsed.
// Ownership: values point into `values`.
// Failure:   Apply returns InvalidArgument with AWS's words.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/error.h"
#include "expr/path.h"
#include "expr/path_set.h"
#include "expr/placeholders.h"
#include "model/attribute_value.h"

namespace millrace::expr {

// A value on the right of SET: a leaf, or an operation on one or two others.
struct UpdateValue {
  enum class Kind : std::uint8_t { kPath, kConstant, kIfNotExists, kListAppend, kAdd, kSubtract };
  Kind kind = Kind::kConstant;
  std::uint32_t first = 0;                          // kPath, kIfNotExists: position in sources; else in nodes
  std::uint32_t second = 0;                         // position in nodes
  const model::AttributeValue* constant = nullptr;  // of kConstant
};

struct UpdateAction {
  enum class Kind : std::uint8_t { kSet, kRemove, kAdd, kDelete };
  Kind kind = Kind::kSet;
  std::uint32_t value = 0;                         // of kSet: position in nodes
  const model::AttributeValue* operand = nullptr;  // of kAdd, kDelete
};

struct UpdateProgram {
  PathSet targets;  // of the actions, one each
  std::vector<UpdateAction> actions;
  std::vector<UpdateValue> nodes;
  std::vector<Path> sources;  // paths that are read
  std::shared_ptr<const Placeholders::Values> values;
  bool only_removes = true;

  Result<model::Item> Apply(const model::Item& current) const;
};

}  // namespace millrace::expr
