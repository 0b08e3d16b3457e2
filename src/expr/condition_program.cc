#include "expr/condition_program.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/check.h"

namespace millrace::expr {
namespace {

using model::AttributeType;
using model::AttributeValue;

// What size() gives. Nothing for types that have no size: then every comparison is false.
std::optional<AttributeValue> SizeOf(const AttributeValue& value) {
  std::size_t size = 0;
  switch (value.type()) {
    case AttributeType::kS:
      size = value.s()->size();
      break;  // bytes of UTF-8
    case AttributeType::kB:
      size = value.b()->bytes.size();
      break;
    case AttributeType::kM:
      size = value.m()->size();
      break;
    case AttributeType::kL:
      size = value.l()->size();
      break;
    case AttributeType::kSs:
      size = value.As<model::StringSet>()->values.size();
      break;
    case AttributeType::kNs:
      size = value.As<model::NumberSet>()->values.size();
      break;
    case AttributeType::kBs:
      size = value.As<model::BinarySet>()->values.size();
      break;
    case AttributeType::kN:
    case AttributeType::kBool:
    case AttributeType::kNull:
      return std::nullopt;
  }
  return AttributeValue(model::Number(static_cast<std::int64_t>(size)));
}

// The value of one operand, for the time of one test.
class Operand {
 public:
  Operand(const ConditionProgram& program, std::uint32_t position, const model::Item& item) {
    const ConditionOperand& operand = program.operands[position];
    const bool is_path =
        operand.kind == ConditionOperand::Kind::kPath || operand.kind == ConditionOperand::Kind::kSizeOfPath;
    value_ = is_path ? Resolve(item, program.paths[operand.path]) : operand.value;
    if (operand.kind == ConditionOperand::Kind::kSizeOfPath || operand.kind == ConditionOperand::Kind::kSizeOfValue) {
      if (value_ != nullptr) size_ = SizeOf(*value_);
      value_ = size_ ? &*size_ : nullptr;
    }
  }
  Operand(const Operand&) = delete;
  Operand& operator=(const Operand&) = delete;

  explicit operator bool() const { return value_ != nullptr; }
  const AttributeValue& operator*() const { return *value_; }
  const AttributeValue* operator->() const { return value_; }

 private:
  const AttributeValue* value_ = nullptr;
  std::optional<AttributeValue> size_;
};

bool BeginsWith(const AttributeValue& value, const AttributeValue& prefix) {
  if (value.s() != nullptr && prefix.s() != nullptr) return value.s()->starts_with(*prefix.s());
  if (value.b() != nullptr && prefix.b() != nullptr) return value.b()->bytes.starts_with(prefix.b()->bytes);
  return false;
}

// A part of a string or binary, an element of a set or list.
bool Contains(const AttributeValue& value, const AttributeValue& part) {
  switch (value.type()) {
    case AttributeType::kS:
      return part.s() != nullptr && value.s()->find(*part.s()) != std::string::npos;
    case AttributeType::kB:
      return part.b() != nullptr && value.b()->bytes.find(part.b()->bytes) != std::string::npos;
    case AttributeType::kSs: {
      const auto& values = value.As<model::StringSet>()->values;
      return part.s() != nullptr && std::binary_search(values.begin(), values.end(), *part.s());
    }
    case AttributeType::kNs: {
      const auto& values = value.As<model::NumberSet>()->values;
      return part.n() != nullptr && std::binary_search(values.begin(), values.end(), *part.n());
    }
    case AttributeType::kBs: {
      const auto& values = value.As<model::BinarySet>()->values;
      return part.b() != nullptr && std::binary_search(values.begin(), values.end(), part.b()->bytes);
    }
    case AttributeType::kL:
      return std::find(value.l()->begin(), value.l()->end(), part) != value.l()->end();
    case AttributeType::kN:
    case AttributeType::kBool:
    case AttributeType::kNull:
    case AttributeType::kM:
      return false;
  }
  return false;
}

}  // namespace

std::string_view TestOperatorName(TestOperator op) {
  switch (op) {
    case TestOperator::kEqual:
      return "=";
    case TestOperator::kNotEqual:
      return "<>";
    case TestOperator::kLess:
      return "<";
    case TestOperator::kLessOrEqual:
      return "<=";
    case TestOperator::kGreater:
      return ">";
    case TestOperator::kGreaterOrEqual:
      return ">=";
    case TestOperator::kBetween:
      return "BETWEEN";
    case TestOperator::kIn:
      return "IN";
    case TestOperator::kExists:
      return "attribute_exists";
    case TestOperator::kNotExists:
      return "attribute_not_exists";
    case TestOperator::kHasType:
      return "attribute_type";
    case TestOperator::kBeginsWith:
      return "begins_with";
    case TestOperator::kContains:
      return "contains";
  }
  return "";
}

bool ConditionProgram::Evaluate(const model::Item& item) const {
  bool outcome = false;
  for (std::size_t at = 0; at < code.size();) {
    const Instruction& instruction = code[at++];
    switch (instruction.kind) {
      case Instruction::Kind::kTest:
        outcome = EvaluateTest(tests[instruction.target], item);
        break;
      case Instruction::Kind::kNot:
        outcome = !outcome;
        break;
      case Instruction::Kind::kJumpIfFalse:
        if (!outcome) at = instruction.target;
        break;
      case Instruction::Kind::kJumpIfTrue:
        if (outcome) at = instruction.target;
        break;
    }
  }
  return outcome;
}

bool ConditionProgram::EvaluateTest(const Test& test, const model::Item& item) const {
  const Operand first(*this, test.first, item);
  if (test.op == TestOperator::kExists) return static_cast<bool>(first);
  if (test.op == TestOperator::kNotExists) return !first;
  // A value that is missing equals nothing, not even another one that is missing.
  if (!first) return test.op == TestOperator::kNotEqual;
  if (test.op == TestOperator::kHasType) return first->type() == test.type;

  if (test.op == TestOperator::kIn) {
    for (std::uint32_t i = 1; i < test.count; ++i) {
      const Operand candidate(*this, test.first + i, item);
      if (candidate && *candidate == *first) return true;
    }
    return false;
  }

  const Operand second(*this, test.first + 1, item);
  if (!second) return test.op == TestOperator::kNotEqual;
  switch (test.op) {
    case TestOperator::kEqual:
      return *first == *second;
    case TestOperator::kNotEqual:
      return !(*first == *second);
    case TestOperator::kBeginsWith:
      return BeginsWith(*first, *second);
    case TestOperator::kContains:
      return Contains(*first, *second);
    default:
      break;
  }

  const auto order = model::Compare(*first, *second);
  if (!order) return false;
  switch (test.op) {
    case TestOperator::kLess:
      return *order < 0;
    case TestOperator::kLessOrEqual:
      return *order <= 0;
    case TestOperator::kGreater:
      return *order > 0;
    case TestOperator::kGreaterOrEqual:
      return *order >= 0;
    case TestOperator::kBetween: {
      if (*order < 0) return false;
      const Operand upper(*this, test.first + 2, item);
      const auto below = upper ? model::Compare(*first, *upper) : std::nullopt;
      return below && *below <= 0;
    }
    default:
      break;
  }
  CHECK(false, "a test operator without a rule");
  return false;
}

}  // namespace millrace::expr
