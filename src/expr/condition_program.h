// ConditionProgram is what a condition becomes: tests on operands, and code that strings them together.
//
// The code has one register, true or false, and jumps forward only: AND and OR evaluate no more than they must, and
// neither nesting nor length costs stack or allocation.
//
// Threads:   immutable once parsed.
// Ownership: values point into `values`.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "expr/path.h"
#include "expr/placeholders.h"
#include "model/attribute_value.h"

namespace millrace::expr {

struct ConditionOperand {
  enum class Kind : std::uint8_t { kPath, kValue, kSizeOfPath, kSizeOfValue };
  Kind kind = Kind::kValue;
  std::uint32_t path = 0;                        // position in paths
  const model::AttributeValue* value = nullptr;  // of kValue, kSizeOfValue
};

enum class TestOperator : std::uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kBetween,
  kIn,
  kExists,
  kNotExists,
  kHasType,
  kBeginsWith,
  kContains,
};
// "=", "BETWEEN", "begins_with".
std::string_view TestOperatorName(TestOperator op);

struct Test {
  TestOperator op = TestOperator::kEqual;
  model::AttributeType type = model::AttributeType::kS;  // of kHasType
  std::uint32_t first = 0;                               // operands [first, first + count)
  std::uint32_t count = 0;
};

struct Instruction {
  enum class Kind : std::uint8_t {
    kTest,         // register = the test's outcome
    kNot,          // register = not register
    kJumpIfFalse,  // AND: the right side need not be looked at
    kJumpIfTrue,   // OR
  };
  Kind kind = Kind::kTest;
  std::uint32_t target = 0;  // position of the test, or in code
};

struct ConditionProgram {
  std::vector<Path> paths;
  std::vector<ConditionOperand> operands;
  std::vector<Test> tests;
  std::vector<Instruction> code;
  std::shared_ptr<const Placeholders::Values> values;

  bool Evaluate(const model::Item& item) const;
  bool EvaluateTest(const Test& test, const model::Item& item) const;
};

}  // namespace millrace::expr
