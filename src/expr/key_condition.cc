#include "expr/key_condition.h"

#include <algorithm>
#include <span>

#include "base/check.h"
#include "expr/condition_parser.h"
#include "expr/condition_program.h"

namespace millrace::expr {
namespace {

using model::AttributeValue;

template <class... Args>
Error Invalid(fmt::format_string<Args...> format, Args&&... args) {
  return InvalidArgument("Invalid KeyConditionExpression: {}", fmt::format(format, std::forward<Args>(args)...));
}

std::optional<SortOperator> SortOperatorOf(TestOperator op) {
  switch (op) {
    case TestOperator::kEqual:
      return SortOperator::kEqual;
    case TestOperator::kLess:
      return SortOperator::kLess;
    case TestOperator::kLessOrEqual:
      return SortOperator::kLessOrEqual;
    case TestOperator::kGreater:
      return SortOperator::kGreater;
    case TestOperator::kGreaterOrEqual:
      return SortOperator::kGreaterOrEqual;
    case TestOperator::kBetween:
      return SortOperator::kBetween;
    case TestOperator::kBeginsWith:
      return SortOperator::kBeginsWith;
    default:
      return std::nullopt;
  }
}

// ":low < key" is "key > :low".
SortOperator Mirrored(SortOperator op) {
  switch (op) {
    case SortOperator::kLess:
      return SortOperator::kGreater;
    case SortOperator::kLessOrEqual:
      return SortOperator::kGreaterOrEqual;
    case SortOperator::kGreater:
      return SortOperator::kLess;
    case SortOperator::kGreaterOrEqual:
      return SortOperator::kLessOrEqual;
    default:
      return op;
  }
}

Error UnsupportedOperator(std::string_view name) {
  return Invalid("Invalid operator used in KeyConditionExpression: {}", name);
}

// Only ANDs of tests.
Status CheckCode(const ConditionProgram& program) {
  for (const Instruction& instruction : program.code) {
    if (instruction.kind == Instruction::Kind::kJumpIfTrue) return UnsupportedOperator("OR");
    if (instruction.kind == Instruction::Kind::kNot) return UnsupportedOperator("NOT");
  }
  return Ok();
}

// The position of the one path among the operands of a test.
Result<std::size_t> KeyOperand(const ConditionProgram& program, const Test& test) {
  using Kind = ConditionOperand::Kind;
  const auto operands = std::span(program.operands).subspan(test.first, test.count);
  std::optional<std::size_t> key;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (operands[i].kind == Kind::kSizeOfPath || operands[i].kind == Kind::kSizeOfValue) {
      return Invalid("KeyConditionExpressions cannot contain nested operations");
    }
    if (operands[i].kind != Kind::kPath) {
      const bool key_comes_first = test.op == TestOperator::kBetween || test.op == TestOperator::kBeginsWith;
      if (i == 0 && key_comes_first) {
        return Invalid(
            "Invalid condition in KeyConditionExpression: {} operator must have the key attribute as its first operand",
            TestOperatorName(test.op));
      }
      continue;
    }
    if (key)
      return Invalid("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition");
    if (!program.paths[operands[i].path].is_top_level()) {
      return Invalid("KeyConditionExpressions cannot have conditions on nested attributes");
    }
    key = i;
  }
  if (!key) return Invalid("Invalid condition in KeyConditionExpression: No key attribute specified");
  return *key;
}

Status CheckType(const model::KeyAttribute& key, const AttributeValue* value) {
  if (value != nullptr && value->type() != key.type) {
    return InvalidArgument(
        "One or more parameter values were invalid: Condition parameter type does not match schema type");
  }
  return Ok();
}

}  // namespace

bool SortCondition::Matches(const AttributeValue& sort_key) const {
  if (op == SortOperator::kBeginsWith) {
    if (const std::string* text = sort_key.s()) return value.s() != nullptr && text->starts_with(*value.s());
    const model::Binary* binary = sort_key.b();
    return binary != nullptr && value.b() != nullptr && binary->bytes.starts_with(value.b()->bytes);
  }
  const auto order = model::Compare(sort_key, value);
  if (!order) return false;
  switch (op) {
    case SortOperator::kEqual:
      return *order == 0;
    case SortOperator::kLess:
      return *order < 0;
    case SortOperator::kLessOrEqual:
      return *order <= 0;
    case SortOperator::kGreater:
      return *order > 0;
    case SortOperator::kGreaterOrEqual:
      return *order >= 0;
    case SortOperator::kBetween: {
      const auto below = model::Compare(sort_key, upper);
      return *order >= 0 && below && *below <= 0;
    }
    case SortOperator::kBeginsWith:
      break;
  }
  CHECK(false, "a sort operator without a rule");
  return false;
}

Result<KeyConditionText> KeyConditionText::Parse(std::string_view text, Placeholders& placeholders) {
  ASSIGN_OR_RETURN(ConditionProgram program, ParseCondition(text, placeholders, ExpressionKind::kKeyCondition));
  TRY(CheckCode(program));
  KeyConditionText parsed;
  parsed.values_ = program.values;
  for (const Test& test : program.tests) {
    const auto op = SortOperatorOf(test.op);
    if (!op) return UnsupportedOperator(TestOperatorName(test.op));
    ASSIGN_OR_RETURN(const std::size_t key, KeyOperand(program, test));
    const auto operands = std::span(program.operands).subspan(test.first, test.count);
    One one{program.paths[operands[key].path].root(), key == 0 ? *op : Mirrored(*op), operands[key == 0 ? 1 : 0].value,
            test.count == 3 ? operands[2].value : nullptr};
    if (parsed.Find(one.attribute) != nullptr) {
      return Invalid("KeyConditionExpressions must only contain one condition per key");
    }
    parsed.conditions_.push_back(std::move(one));
  }
  return parsed;
}

const KeyConditionText::One* KeyConditionText::Find(std::string_view attribute) const {
  const auto it = std::find_if(conditions_.begin(), conditions_.end(),
                               [attribute](const One& one) { return one.attribute == attribute; });
  return it == conditions_.end() ? nullptr : &*it;
}

Result<KeyCondition> KeyConditionText::Bind(const model::KeySchema& schema) const {
  const std::size_t keys = schema.sort ? 2 : 1;
  if (conditions_.size() > keys) {
    return InvalidArgument(
        "The number of query conditions ({}) exceeds the number of key attributes defined in the schema ({})",
        conditions_.size(), keys);
  }
  const One* partition = Find(schema.partition.name);
  if (partition == nullptr) {
    return InvalidArgument("Query condition missed key schema element: {}", schema.partition.name);
  }
  const One* sort = schema.sort ? Find(schema.sort->name) : nullptr;
  if (conditions_.size() == 2 && sort == nullptr) {
    return InvalidArgument("Query condition missed key schema element: {}", schema.sort->name);
  }
  TRY(CheckType(schema.partition, partition->value));
  if (partition->op != SortOperator::kEqual) return InvalidArgument("Query key condition not supported");
  if (sort != nullptr) {
    TRY(CheckType(*schema.sort, sort->value));
    TRY(CheckType(*schema.sort, sort->upper));
  }

  // Emptiness and length, as for any key.
  model::KeySchema compared{schema.partition, sort == nullptr ? std::nullopt : schema.sort};
  model::Item key;
  key.Set(schema.partition.name, *partition->value);
  if (sort != nullptr) key.Set(schema.sort->name, *sort->value);
  TRY(model::KeyOfKeyItem(compared, key));
  if (sort != nullptr && sort->upper != nullptr) {
    key.Set(schema.sort->name, *sort->upper);
    TRY(model::KeyOfKeyItem(compared, key));
  }

  KeyCondition condition{*partition->value, std::nullopt};
  if (sort != nullptr) {
    condition.sort = SortCondition{sort->op, *sort->value, sort->upper == nullptr ? AttributeValue() : *sort->upper};
  }
  return condition;
}

Result<KeyCondition> KeyCondition::Parse(std::string_view text, Placeholders& placeholders,
                                         const model::KeySchema& schema) {
  ASSIGN_OR_RETURN(const KeyConditionText parsed, KeyConditionText::Parse(text, placeholders));
  return parsed.Bind(schema);
}

}  // namespace millrace::expr
