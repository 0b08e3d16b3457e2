// Condition is a parsed ConditionExpression or FilterExpression: true or false for an item.
//
// Parsing checks all that AWS checks before it looks at an item; evaluating cannot fail: an operand that is missing or
// has another type makes its comparison false (and `<>` true).
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
//
// Threads:   immutable once parsed.
// Ownership: a value; shares the placeholders' values.
// Failure:   Parse returns InvalidArgument with AWS's words ("Invalid ConditionExpression: Syntax error; …").
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "expr/kind.h"
#include "expr/path.h"
#include "expr/placeholders.h"
#include "model/attribute_value.h"
#include "model/key.h"

namespace millrace::expr {

struct ConditionProgram;

class Condition {
 public:
  static Result<Condition> Parse(std::string_view text, Placeholders& placeholders,
                                 ExpressionKind kind = ExpressionKind::kCondition);

  // An item that does not exist is an empty one.
  bool Evaluate(const model::Item& item) const;

  // A filter may not name the key of what is queried: "Filter Expression can only contain non-primary key attributes:
  // Primary key attribute: pk". Only Query asks.
  Status CheckNoKeyAttributes(const model::KeySchema& schema) const;

  // Every document path in the expression, in order of appearance.
  const std::vector<Path>& paths() const;

 private:
  explicit Condition(std::shared_ptr<const ConditionProgram> program) : program_(std::move(program)) {}

  std::shared_ptr<const ConditionProgram> program_;
};

}  // namespace millrace::expr
