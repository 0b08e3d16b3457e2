// KeyCondition is a parsed KeyConditionExpression: which partition a Query reads, and which range of sort keys in it.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
//
// Threads: plain values.
// Failure: InvalidArgument with AWS's words ("Query condition missed key schema element: pk").
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

  // `schema` is that of the table or index which is queried. The values have the types of the schema, and are neither
  // empty nor too long for a key.
  static Result<KeyCondition> Parse(std::string_view text, Placeholders& placeholders, const model::KeySchema& schema);
};

// The same in two steps: what is wrong with the text alone comes before "table not found", which comes before what does
// not fit the schema.
class KeyConditionText {
 public:
  static Result<KeyConditionText> Parse(std::string_view text, Placeholders& placeholders);
  Result<KeyCondition> Bind(const model::KeySchema& schema) const;

 private:
  struct One {
    std::string attribute;
    SortOperator op = SortOperator::kEqual;
    const model::AttributeValue* value = nullptr;
    const model::AttributeValue* upper = nullptr;
  };
  const One* Find(std::string_view attribute) const;

  std::vector<One> conditions_;  // of different attributes
  std::shared_ptr<const Placeholders::Values> values_;
};

}  // namespace millrace::expr
