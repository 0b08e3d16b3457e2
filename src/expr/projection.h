// Projection is a parsed ProjectionExpression: the parts of an item that a read returns.
//
// Several paths into one map or list come back merged; the elements picked from a list keep their order and close
// ranks.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ProjectionExpressions.html
//
// Threads: immutable once parsed.
// Failure: Parse returns InvalidArgument with AWS's words ("Invalid ProjectionExpression: …").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "expr/path.h"
#include "expr/path_set.h"
#include "expr/placeholders.h"
#include "model/attribute_value.h"

namespace millrace::expr {

class Projection {
 public:
  static Result<Projection> Parse(std::string_view text, Placeholders& placeholders);
  // Whole attributes by name: the legacy AttributesToGet, and what an index projects. Repeated names count once.
  static Projection OfAttributes(const std::vector<std::string>& names);

  model::Item Project(const model::Item& item) const { return paths_.Project(item); }

  // Every path, in order of appearance.
  const std::vector<Path>& paths() const { return paths_.paths(); }

 private:
  explicit Projection(PathSet paths) : paths_(std::move(paths)) {}

  PathSet paths_;
};

}  // namespace millrace::expr
