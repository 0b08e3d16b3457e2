// KeyCondition is a parsed KeyConditionExpression: which partition a Query reads, and which range of sort keys in it.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
//
// Threads: plain value.
// Failure: Parse returns InvalidArgument with AWS's words ("Query condition missed key schema element: pk").
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "expr/placeholders.h"
#include "model/attribute_value.h"
#include "model/key.h"

namespace millrace::expr {

enum class SortOperator : std::uint8_t {
  kEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kBetween,
  kBeginsWith
};

struct SortCondition {
  SortOperator op = SortOperator::kEqual;
  model::AttributeValue value;  // the lower bound of kBetween
  model::AttributeValue upper;  // of kBetween only; not less than `value`

  // REQUIRES: `sort_key` has the type of `value`.
  bool Matches(const model::AttributeValue& sort_key) const;
};

struct KeyCondition {
  model::AttributeValue partition;
  std::optional<SortCondition> sort;

  // `schema` is that of the table or index which is queried. The values have the types of the schema and are not empty.
  static Result<KeyCondition> Parse(std::string_view text, Placeholders& placeholders, const model::KeySchema& schema);
};

}  // namespace millrace::expr
