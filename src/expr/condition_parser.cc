#include "expr/condition_parser.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "expr/parser.h"

namespace millrace::expr {
namespace {

using model::AttributeType;
using model::AttributeValue;

constexpr std::size_t kInOperandsMax = 100;
constexpr std::string_view kAnyType = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}";

// One operand as it was read. A function that is a condition stands here too, until it is known where it stands.
struct Parsed {
  enum class Kind : std::uint8_t { kPath, kValue, kSize, kCondition, kUnknown };
  Kind kind = Kind::kUnknown;
  ConditionOperand operand;
  std::optional<AttributeType> type;  // if the text and the placeholders tell
  Test test;                          // of kCondition
  std::string_view function;          // its name, if it is one
  std::uint32_t position = 0;         // of the function's name
};

struct Function {
  std::string_view name;
  std::optional<TestOperator> op;  // none: size
  std::size_t operands;
};
constexpr std::array<Function, 6> kFunctions = {{
    {"attribute_exists", TestOperator::kExists, 1},
    {"attribute_not_exists", TestOperator::kNotExists, 1},
    {"attribute_type", TestOperator::kHasType, 2},
    {"begins_with", TestOperator::kBeginsWith, 2},
    {"contains", TestOperator::kContains, 2},
    {"size", std::nullopt, 1},
}};

const Function* FindFunction(std::string_view name) {
  for (const Function& function : kFunctions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

std::optional<TestOperator> ComparatorOf(TokenType type) {
  switch (type) {
    case TokenType::kEqual:
      return TestOperator::kEqual;
    case TokenType::kNotEqual:
      return TestOperator::kNotEqual;
    case TokenType::kLess:
      return TestOperator::kLess;
    case TokenType::kLessOrEqual:
      return TestOperator::kLessOrEqual;
    case TokenType::kGreater:
      return TestOperator::kGreater;
    case TokenType::kGreaterOrEqual:
      return TestOperator::kGreaterOrEqual;
    default:
      return std::nullopt;
  }
}

bool IsOrdered(AttributeType type) {
  return type == AttributeType::kS || type == AttributeType::kN || type == AttributeType::kB;
}

// A bound of BETWEEN as AWS's Java prints it. REQUIRES: S, N or B.
std::string BoundText(const AttributeValue& value) {
  if (value.s() != nullptr) return fmt::format("AttributeValue: {{S:{}}}", *value.s());
  if (value.n() != nullptr) return fmt::format("AttributeValue: {{N:{}}}", value.n()->ToString());
  const std::size_t size = value.b()->bytes.size();
  return fmt::format("AttributeValue: {{B:java.nio.HeapByteBuffer[pos=0 lim={} cap={}]}}", size, size);
}

class ConditionParser {
 public:
  ConditionParser(std::string_view text, Placeholders& placeholders, ExpressionKind kind)
      : parser_(text, kind, placeholders) {
    program_.values = placeholders.values();
    // Room for the usual condition, so that growing costs nothing.
    program_.paths.reserve(4);
    program_.operands.reserve(8);
    program_.tests.reserve(4);
    program_.code.reserve(8);
  }

  Result<ConditionProgram> Parse() {
    TRY(parser_.CheckText());
    for (;;) {
      TRY(ParseTerm());
      while (parser_.type() == TokenType::kClose && parser_.open_count() > 0) {
        ReduceToGroup();
        parser_.Close();
      }
      if (parser_.IsKeyword("AND")) {
        TRY(PushConnective(Connective::kAnd));
      } else if (parser_.IsKeyword("OR")) {
        TRY(PushConnective(Connective::kOr));
      } else {
        break;
      }
    }
    if (parser_.open_count() > 0) return parser_.SyntaxError();
    while (!stack_.empty()) Reduce();
    TRY(parser_.Finish());
    return std::move(program_);
  }

 private:
  // In order of precedence, weakest first.
  enum class Connective : std::uint8_t { kGroup, kOr, kAnd, kNot };
  struct Pending {
    Connective connective;
    std::uint32_t jump;  // the instruction that waits for its target
  };

  // NOT* and one comparison or function, with the parentheses before it.
  Status ParseTerm() {
    for (;;) {
      if (parser_.IsKeyword("NOT")) {
        TRY(parser_.CountOperator());
        stack_.push_back({Connective::kNot, 0});
        parser_.Advance();
      } else if (parser_.type() == TokenType::kOpen) {
        stack_.push_back({Connective::kGroup, 0});
        parser_.Open();
      } else {
        break;
      }
    }
    std::uint32_t begin = parser_.token_index();
    ASSIGN_OR_RETURN(Parsed first, ParseBareOperand());
    // "(a) = b": what was taken for a group turns out to be parentheses around the operand.
    while (parser_.type() == TokenType::kClose && parser_.open_count() > 0 && parser_.LastOpen() + 1 == begin) {
      begin = parser_.LastOpen();
      stack_.pop_back();
      parser_.Close();
      TRY(ContinuePath(first));
    }
    return ParseTest(first);
  }

  Status ParseTest(const Parsed& first) {
    if (const auto comparator = ComparatorOf(parser_.type())) {
      NoteMisuse(first);
      TRY(parser_.CountOperator());
      parser_.Advance();
      ASSIGN_OR_RETURN(const Parsed second, ParseOperand());
      CheckComparison(*comparator, {&first, &second});
      EmitTest(*comparator, {&first, &second});
      return Ok();
    }
    if (parser_.IsKeyword("BETWEEN")) return ParseBetween(first);
    if (parser_.IsKeyword("IN")) return ParseIn(first);
    if (first.function.empty()) return parser_.SyntaxError();
    if (first.kind == Parsed::Kind::kSize) NoteMisplaced(first);
    EmitTest(first.test);
    return Ok();
  }

  Status ParseBetween(const Parsed& first) {
    NoteMisuse(first);
    TRY(parser_.CountOperator());
    parser_.Advance();
    ASSIGN_OR_RETURN(const Parsed lower, ParseOperand());
    if (!parser_.TakeKeyword("AND")) return parser_.SyntaxError();
    ASSIGN_OR_RETURN(const Parsed upper, ParseOperand());
    CheckComparison(TestOperator::kBetween, {&first, &lower, &upper});
    CheckBounds(lower, upper);
    EmitTest(TestOperator::kBetween, {&first, &lower, &upper});
    return Ok();
  }

  Status ParseIn(const Parsed& first) {
    NoteMisuse(first);
    TRY(parser_.CountOperator());
    parser_.Advance();
    TRY(parser_.Expect(TokenType::kOpen));
    Test test{TestOperator::kIn, {}, static_cast<std::uint32_t>(program_.operands.size()), 1};
    program_.operands.push_back(first.operand);
    bool distinct = true;
    do {
      ASSIGN_OR_RETURN(const Parsed candidate, ParseOperand());
      distinct = distinct && !IsSamePath(first, candidate);
      program_.operands.push_back(candidate.operand);
      ++test.count;
    } while (parser_.Take(TokenType::kComma));
    TRY(parser_.Expect(TokenType::kClose));
    if (test.count - 1 > kInOperandsMax) {
      parser_.Note(Finding::kOperand,
                   parser_.Invalid("The IN operator is provided with too many operands; number of operands: {}",
                                   test.count - 1));
    }
    if (!distinct) parser_.NoteNotDistinct("IN", program_.paths[first.operand.path]);
    EmitTest(test);
    return Ok();
  }

  // An operand with the parentheses around it, where only an operand can stand.
  Result<Parsed> ParseOperand() {
    const std::size_t outside = parser_.open_count();
    while (parser_.type() == TokenType::kOpen) parser_.Open();
    ASSIGN_OR_RETURN(Parsed parsed, ParseBareOperand());
    while (parser_.HasOpen(outside)) {
      if (parser_.type() != TokenType::kClose) return parser_.SyntaxError();
      parser_.Close();
      TRY(ContinuePath(parsed));
    }
    NoteMisuse(parsed);
    return parsed;
  }

  // "(a.b).c" is the path a.b.c.
  Status ContinuePath(const Parsed& parsed) {
    if (parsed.kind != Parsed::Kind::kPath) return Ok();
    return parser_.ParseDereferences(program_.paths[parsed.operand.path]);
  }

  Result<Parsed> ParseBareOperand() {
    Parsed parsed;
    if (parser_.type() == TokenType::kValueRef) {
      parsed.kind = Parsed::Kind::kValue;
      parsed.operand.value = parser_.TakeValue();
      if (parsed.operand.value != nullptr) parsed.type = parsed.operand.value->type();
      return parsed;
    }
    if (parser_.type() == TokenType::kName && parser_.next_type() == TokenType::kOpen) return ParseFunction();
    ASSIGN_OR_RETURN(Path path, parser_.ParsePath());
    parsed.kind = Parsed::Kind::kPath;
    parsed.operand.kind = ConditionOperand::Kind::kPath;
    parsed.operand.path = static_cast<std::uint32_t>(program_.paths.size());
    program_.paths.push_back(std::move(path));
    return parsed;
  }

  Result<Parsed> ParseFunction() {
    if (parser_.IsGrammarWord()) return parser_.SyntaxError();
    TRY(parser_.CountOperator());
    Parsed parsed;
    parsed.function = parser_.TokenText();
    parsed.position = parser_.position();
    parser_.Advance();
    parser_.Advance();
    std::array<Parsed, 2> operands;
    std::size_t count = 0;
    do {
      ASSIGN_OR_RETURN(Parsed operand, ParseOperand());
      if (count < operands.size()) operands[count] = std::move(operand);
      ++count;
    } while (parser_.Take(TokenType::kComma));
    TRY(parser_.Expect(TokenType::kClose));

    const Function* function = FindFunction(parsed.function);
    if (function == nullptr) {
      const bool of_updates = parsed.function == "if_not_exists" || parsed.function == "list_append";
      parser_.NoteAt(Finding::kStructure, parsed.position,
                     of_updates ? parser_.Invalid("The function is not allowed in a condition expression; function: {}",
                                                  parsed.function)
                                : parser_.Invalid("Invalid function name; function: {}", parsed.function));
      return parsed;
    }
    parsed.kind = function->op ? Parsed::Kind::kCondition : Parsed::Kind::kSize;
    if (count != function->operands) {
      parser_.NoteOperandCount(parsed.function, count);
    } else {
      FinishFunction(*function, operands, parsed);
    }
    return parsed;
  }

  // Checks the operands of a function, whose number is right, and makes an operand or a test of it.
  void FinishFunction(const Function& function, const std::array<Parsed, 2>& operands, Parsed& parsed) {
    const Parsed& first = operands[0];
    if (!function.op) {
      parsed.type = AttributeType::kN;
      parsed.operand = first.operand;
      parsed.operand.kind = first.kind == Parsed::Kind::kPath ? ConditionOperand::Kind::kSizeOfPath
                                                              : ConditionOperand::Kind::kSizeOfValue;
      if (first.type == AttributeType::kN || first.type == AttributeType::kBool || first.type == AttributeType::kNull) {
        parser_.NoteOperandType("size", AttributeTypeName(*first.type));
      }
      return;
    }
    const bool is_unary = function.operands == 1;
    if (is_unary && first.kind != Parsed::Kind::kPath) parser_.NoteRequiresPath(function.name);
    if (!is_unary && IsSamePath(first, operands[1])) {
      parser_.NoteNotDistinct(function.name, program_.paths[first.operand.path]);
    }
    parsed.test = Test{*function.op,
                       {},
                       static_cast<std::uint32_t>(program_.operands.size()),
                       static_cast<std::uint32_t>(function.operands)};
    if (function.op == TestOperator::kBeginsWith) {
      for (const Parsed& operand : operands) {
        if (operand.type && operand.type != AttributeType::kS && operand.type != AttributeType::kB) {
          parser_.NoteOperandType(function.name, AttributeTypeName(*operand.type));
        }
      }
    }
    if (function.op == TestOperator::kHasType) CheckTypeName(operands[1], parsed.test);
    program_.operands.push_back(first.operand);
    if (!is_unary) program_.operands.push_back(operands[1].operand);
  }

  // The second operand of attribute_type is a :value that names a type.
  void CheckTypeName(const Parsed& operand, Test& test) {
    if (operand.kind == Parsed::Kind::kValue && operand.operand.value == nullptr) return;  // undefined, and noted
    if (operand.kind != Parsed::Kind::kValue || operand.type != AttributeType::kS) {
      parser_.NoteOperandType("attribute_type", operand.type ? AttributeTypeName(*operand.type) : kAnyType);
      return;
    }
    const std::string& name = *operand.operand.value->s();
    if (const auto type = model::ParseAttributeType(name)) {
      test.type = *type;
    } else {
      parser_.Note(Finding::kOperand, parser_.Invalid("Invalid attribute type name found; type: {}, valid types: "
                                                      "{{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}",
                                                      name));
    }
  }

  void CheckComparison(TestOperator op, std::initializer_list<const Parsed*> operands) {
    const Parsed& first = **operands.begin();
    for (const Parsed* operand : operands) {
      if (operand != &first && IsSamePath(first, *operand)) {
        parser_.NoteNotDistinct(TestOperatorName(op), program_.paths[first.operand.path]);
      }
    }
    if (op == TestOperator::kEqual || op == TestOperator::kNotEqual) return;
    for (const Parsed* operand : operands) {
      if (operand->type && !IsOrdered(*operand->type)) {
        parser_.NoteOperandType(TestOperatorName(op), AttributeTypeName(*operand->type));
      }
    }
  }

  void CheckBounds(const Parsed& lower, const Parsed& upper) {
    if (lower.kind != Parsed::Kind::kValue || upper.kind != Parsed::Kind::kValue) return;
    if (!lower.type || !upper.type || !IsOrdered(*lower.type) || !IsOrdered(*upper.type)) return;
    const AttributeValue& low = *lower.operand.value;
    const AttributeValue& high = *upper.operand.value;
    std::string_view rule;
    if (lower.type != upper.type) {
      rule = "same data type for lower and upper bounds";
    } else if (const auto order = model::Compare(low, high); order && *order > 0) {
      rule = "upper bound to be greater than or equal to lower bound";
    } else {
      return;
    }
    parser_.Note(Finding::kOperand,
                 parser_.Invalid("The BETWEEN operator requires {}; lower bound operand: {}, upper bound operand: {}",
                                 rule, BoundText(low), BoundText(high)));
  }

  bool IsSamePath(const Parsed& a, const Parsed& b) const {
    return a.kind == Parsed::Kind::kPath && b.kind == Parsed::Kind::kPath &&
           program_.paths[a.operand.path] == program_.paths[b.operand.path];
  }

  // As an operand only size() may stand.
  void NoteMisuse(const Parsed& parsed) {
    if (parsed.kind == Parsed::Kind::kCondition) NoteMisplaced(parsed);
  }
  void NoteMisplaced(const Parsed& parsed) {
    parser_.NoteAt(Finding::kStructure, parsed.position,
                   parser_.Invalid("The function is not allowed to be used this way in an expression; function: {}",
                                   parsed.function));
  }

  void EmitTest(TestOperator op, std::initializer_list<const Parsed*> operands) {
    const Test test{
        op, {}, static_cast<std::uint32_t>(program_.operands.size()), static_cast<std::uint32_t>(operands.size())};
    for (const Parsed* operand : operands) program_.operands.push_back(operand->operand);
    EmitTest(test);
  }
  void EmitTest(const Test& test) {
    program_.code.push_back({Instruction::Kind::kTest, static_cast<std::uint32_t>(program_.tests.size())});
    program_.tests.push_back(test);
  }

  Status PushConnective(Connective connective) {
    TRY(parser_.CountOperator());
    while (!stack_.empty() && stack_.back().connective >= connective) Reduce();
    stack_.push_back({connective, static_cast<std::uint32_t>(program_.code.size())});
    program_.code.push_back(
        {connective == Connective::kAnd ? Instruction::Kind::kJumpIfFalse : Instruction::Kind::kJumpIfTrue, 0});
    parser_.Advance();
    return Ok();
  }

  // The right side of the connective on top is complete.
  void Reduce() {
    const Pending pending = stack_.back();
    stack_.pop_back();
    if (pending.connective == Connective::kNot) {
      program_.code.push_back({Instruction::Kind::kNot, 0});
    } else {
      program_.code[pending.jump].target = static_cast<std::uint32_t>(program_.code.size());
    }
  }

  void ReduceToGroup() {
    while (stack_.back().connective != Connective::kGroup) Reduce();
    stack_.pop_back();
  }

  Parser parser_;
  ConditionProgram program_;
  std::vector<Pending> stack_;  // one kGroup for each open parenthesis of parser_
};

}  // namespace

Result<ConditionProgram> ParseCondition(std::string_view text, Placeholders& placeholders, ExpressionKind kind) {
  return ConditionParser(text, placeholders, kind).Parse();
}

}  // namespace millrace::expr
