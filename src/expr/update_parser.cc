#include "expr/update_parser.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "expr/kind.h"
#include "expr/parser.h"

namespace millrace::expr {
namespace {

using model::AttributeType;
using model::AttributeValue;

constexpr std::array<std::string_view, 6> kConditionFunctions = {
    "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size"};

// The names that AWS gives types in messages about ADD and DELETE.
std::string_view LongTypeName(AttributeType type) {
  switch (type) {
    case AttributeType::kS:
      return "STRING";
    case AttributeType::kN:
      return "NUMBER";
    case AttributeType::kB:
      return "BINARY";
    case AttributeType::kBool:
      return "BOOLEAN";
    case AttributeType::kNull:
      return "NULL";
    case AttributeType::kM:
      return "MAP";
    case AttributeType::kL:
      return "LIST";
    case AttributeType::kSs:
      return "STRING_SET";
    case AttributeType::kNs:
      return "NUMBER_SET";
    case AttributeType::kBs:
      return "BINARY_SET";
  }
  return "";
}

bool IsSet(AttributeType type) {
  return type == AttributeType::kSs || type == AttributeType::kNs || type == AttributeType::kBs;
}

// One operand as it was read.
struct Parsed {
  UpdateValue value;
  std::optional<AttributeType> type;  // if the text and the placeholders tell
  std::string_view function;          // its name, if it is one
  std::uint32_t position = 0;         // of the function's name
};

class UpdateParser {
 public:
  UpdateParser(std::string_view text, Placeholders& placeholders)
      : parser_(text, ExpressionKind::kUpdate, placeholders) {
    program_.values = placeholders.values();
    // Room for the usual update, so that growing costs nothing.
    program_.actions.reserve(4);
    program_.nodes.reserve(8);
    program_.sources.reserve(4);
    targets_.reserve(4);
  }

  Result<UpdateProgram> Parse() {
    TRY(parser_.CheckText());
    do {
      TRY(ParseSection());
    } while (parser_.type() != TokenType::kEnd);
    program_.targets = PathSet(std::move(targets_));
    if (const auto clash = program_.targets.FindClash()) {
      const auto& paths = program_.targets.paths();
      parser_.Note(Finding::kPaths,
                   parser_.Invalid("Two document paths {} with each other; must remove or rewrite one of these paths; "
                                   "path one: {}, path two: {}",
                                   clash->overlap ? "overlap" : "conflict", paths[clash->one].ToString(),
                                   paths[clash->two].ToString()));
    }
    TRY(parser_.Finish());
    return std::move(program_);
  }

 private:
  using Kind = UpdateAction::Kind;

  Status ParseSection() {
    static constexpr std::array<std::pair<std::string_view, Kind>, 4> kSections = {
        {{"SET", Kind::kSet}, {"REMOVE", Kind::kRemove}, {"ADD", Kind::kAdd}, {"DELETE", Kind::kDelete}}};
    for (const auto& [name, kind] : kSections) {
      if (!parser_.IsKeyword(name)) continue;
      bool& seen = seen_[static_cast<std::size_t>(kind)];
      if (seen) {
        parser_.Note(Finding::kSection,
                     parser_.Invalid("The \"{}\" section can only be used once in an update expression;", name));
      }
      seen = true;
      parser_.Advance();
      do {
        TRY(ParseAction(kind));
      } while (parser_.Take(TokenType::kComma));
      return Ok();
    }
    return parser_.SyntaxError();
  }

  Status ParseAction(Kind kind) {
    parser_.StartAction();
    ASSIGN_OR_RETURN(Path target, parser_.ParsePath());
    targets_.push_back(std::move(target));
    UpdateAction action;
    action.kind = kind;
    if (kind == Kind::kSet) {
      TRY(parser_.Expect(TokenType::kEqual));
      ASSIGN_OR_RETURN(action.value, ParseSetValue());
    } else if (kind != Kind::kRemove) {
      if (parser_.type() != TokenType::kValueRef) return parser_.SyntaxError();
      action.operand = parser_.TakeValue();
      CheckSetOperand(kind, action.operand);
    }
    program_.only_removes = program_.only_removes && (kind == Kind::kRemove || kind == Kind::kDelete);
    program_.actions.push_back(action);
    return Ok();
  }

  void CheckSetOperand(Kind kind, const AttributeValue* operand) {
    if (operand == nullptr || IsSet(operand->type())) return;
    if (kind == Kind::kAdd && operand->type() == AttributeType::kN) return;
    const std::string_view name = kind == Kind::kAdd ? "ADD" : "DELETE";
    parser_.Note(Finding::kOperand,
                 parser_.Invalid("Incorrect operand type for operator or function; operator: {}, operand type: {}, "
                                 "typeSet: ALLOWED_FOR_{}_OPERAND",
                                 name, LongTypeName(operand->type()), name));
  }

  // operand [("+" | "-") operand], as a whole or in parts in parentheses. The value's position in nodes.
  Result<std::uint32_t> ParseSetValue() {
    while (parser_.type() == TokenType::kOpen) parser_.Open();
    std::uint32_t begin = parser_.token_index();
    ASSIGN_OR_RETURN(Parsed first, ParseBareOperand());
    // Parentheses around the first operand only, or around all.
    while (parser_.type() == TokenType::kClose && parser_.open_count() > 0 && parser_.LastOpen() + 1 == begin) {
      begin = parser_.LastOpen();
      parser_.Close();
    }
    const bool is_sum = parser_.type() == TokenType::kPlus;
    if (is_sum || parser_.type() == TokenType::kMinus) {
      TRY(parser_.CountOperator());
      const std::string_view sign = parser_.TokenText();
      parser_.Advance();
      ASSIGN_OR_RETURN(const Parsed second, ParseOperand());
      for (const Parsed* operand : {&std::as_const(first), &second}) {
        NoteNestedAppend(*operand);
        if (operand->type && *operand->type != AttributeType::kN) {
          parser_.NoteOperandType(sign, AttributeTypeName(*operand->type));
        }
      }
      first.value = {is_sum ? UpdateValue::Kind::kAdd : UpdateValue::Kind::kSubtract, AddNode(first.value),
                     AddNode(second.value), nullptr};
    }
    while (parser_.open_count() > 0) {
      if (parser_.type() != TokenType::kClose) return parser_.SyntaxError();
      parser_.Close();
    }
    return AddNode(first.value);
  }

  // An operand with the parentheses around it.
  Result<Parsed> ParseOperand() {
    const std::size_t outside = parser_.open_count();
    while (parser_.type() == TokenType::kOpen) parser_.Open();
    ASSIGN_OR_RETURN(Parsed parsed, ParseBareOperand());
    while (parser_.HasOpen(outside)) {
      if (parser_.type() != TokenType::kClose) return parser_.SyntaxError();
      parser_.Close();
    }
    return parsed;
  }

  Result<Parsed> ParseBareOperand() {
    Parsed parsed;
    if (parser_.type() == TokenType::kValueRef) {
      parsed.value.constant = parser_.TakeValue();
      if (parsed.value.constant != nullptr) parsed.type = parsed.value.constant->type();
      return parsed;
    }
    if (parser_.type() == TokenType::kName && parser_.next_type() == TokenType::kOpen) return ParseFunction();
    ASSIGN_OR_RETURN(Path path, parser_.ParsePath());
    parsed.value.kind = UpdateValue::Kind::kPath;
    parsed.value.first = static_cast<std::uint32_t>(program_.sources.size());
    program_.sources.push_back(std::move(path));
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
      NoteNestedAppend(operand);
      if (count < operands.size()) operands[count] = std::move(operand);
      ++count;
    } while (parser_.Take(TokenType::kComma));
    TRY(parser_.Expect(TokenType::kClose));

    const bool is_append = parsed.function == "list_append";
    if (!is_append && parsed.function != "if_not_exists") {
      const bool of_conditions = std::find(kConditionFunctions.begin(), kConditionFunctions.end(), parsed.function) !=
                                 kConditionFunctions.end();
      parser_.NoteAt(
          Finding::kStructure, parsed.position,
          of_conditions
              ? parser_.Invalid("The function is not allowed in an update expression; function: {}", parsed.function)
              : parser_.Invalid("Invalid function name; function: {}", parsed.function));
      return parsed;
    }
    if (count != 2) {
      parser_.NoteOperandCount(parsed.function, count);
    } else if (is_append) {
      FinishListAppend(operands, parsed);
    } else {
      FinishIfNotExists(operands, parsed);
    }
    return parsed;
  }

  void FinishListAppend(const std::array<Parsed, 2>& operands, Parsed& parsed) {
    for (const Parsed& operand : operands) {
      if (operand.type && *operand.type != AttributeType::kL) {
        parser_.NoteOperandType("list_append", AttributeTypeName(*operand.type));
      }
    }
    parsed.type = AttributeType::kL;
    parsed.value = {UpdateValue::Kind::kListAppend, AddNode(operands[0].value), AddNode(operands[1].value), nullptr};
  }

  void FinishIfNotExists(const std::array<Parsed, 2>& operands, Parsed& parsed) {
    const UpdateValue& first = operands[0].value;
    if (first.kind != UpdateValue::Kind::kPath) {
      parser_.NoteRequiresPath("if_not_exists");
      return;
    }
    const UpdateValue& second = operands[1].value;
    if (second.kind == UpdateValue::Kind::kPath && program_.sources[first.first] == program_.sources[second.first]) {
      parser_.NoteNotDistinct("if_not_exists", program_.sources[first.first]);
    }
    // The type stays open: it is that of what exists.
    parsed.value = {UpdateValue::Kind::kIfNotExists, first.first, AddNode(second), nullptr};
  }

  // list_append is a whole value or nothing.
  void NoteNestedAppend(const Parsed& operand) {
    if (operand.function != "list_append") return;
    parser_.NoteAt(Finding::kStructure, operand.position,
                   parser_.Invalid("The function is not allowed to be used this way in an expression; function: {}",
                                   operand.function));
  }

  std::uint32_t AddNode(const UpdateValue& value) {
    program_.nodes.push_back(value);
    return static_cast<std::uint32_t>(program_.nodes.size() - 1);
  }

  Parser parser_;
  UpdateProgram program_;
  std::vector<Path> targets_;
  std::array<bool, 4> seen_{};
};

}  // namespace

Result<UpdateProgram> ParseUpdate(std::string_view text, Placeholders& placeholders) {
  return UpdateParser(text, placeholders).Parse();
}

}  // namespace millrace::expr
