#include "expr/parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>

#include "expr/reserved_words.h"
#include "model/limits.h"

namespace millrace::expr {
namespace {

constexpr std::uint32_t kListIndexMax = std::numeric_limits<std::int32_t>::max();

bool EqualsIgnoringCase(std::string_view text, std::string_view upper) {
  return text.size() == upper.size() && std::equal(text.begin(), text.end(), upper.begin(), [](char c, char u) {
           return c == u || (c >= 'a' && c <= 'z' && c - 'a' + 'A' == u);
         });
}

}  // namespace

Parser::Parser(std::string_view text, ExpressionKind kind, Placeholders& placeholders)
    : text_(text), kind_(kind), placeholders_(placeholders), lexer_(text) {
  current_ = lexer_.Next();
  next_ = lexer_.Next();
}

Status Parser::CheckText() const {
  if (text_.empty()) return Invalid("The expression can not be empty;");
  // The text as it was sent: placeholders are not replaced before counting.
  if (text_.size() > model::limits::kExpressionBytesMax) {
    return Invalid("Expression size has exceeded the maximum allowed size; expression size: {}", text_.size());
  }
  return Ok();
}

void Parser::Advance() {
  previous_ = current_;
  current_ = next_;
  next_ = lexer_.Next();
  ++token_index_;
}

bool Parser::Take(TokenType type) {
  if (current_.type != type) return false;
  Advance();
  return true;
}

Status Parser::Expect(TokenType type) {
  if (!Take(type)) return SyntaxError();
  return Ok();
}

bool Parser::IsKeyword(std::string_view upper) const {
  return current_.type == TokenType::kName && EqualsIgnoringCase(TokenText(), upper);
}

bool Parser::TakeKeyword(std::string_view upper) {
  if (!IsKeyword(upper)) return false;
  Advance();
  return true;
}

bool Parser::IsGrammarWord() const {
  static constexpr std::array<std::string_view, 5> kCondition = {"AND", "OR", "NOT", "BETWEEN", "IN"};
  static constexpr std::array<std::string_view, 4> kUpdate = {"SET", "REMOVE", "ADD", "DELETE"};
  const auto is_keyword = [this](std::string_view word) { return IsKeyword(word); };
  switch (kind_) {
    case ExpressionKind::kProjection:
      return false;
    case ExpressionKind::kUpdate:
      return std::any_of(kUpdate.begin(), kUpdate.end(), is_keyword);
    default:
      return std::any_of(kCondition.begin(), kCondition.end(), is_keyword);
  }
}

Error Parser::SyntaxError() const {
  // "near" is the text from the token before to the token after; the end of the text counts as a token.
  const std::uint32_t begin = token_index_ == 0 ? 0 : previous_.begin;
  const std::uint32_t end = current_.type == TokenType::kEnd ? current_.end : next_.end;
  const std::string_view token = current_.type == TokenType::kEnd ? "<EOF>" : TokenText();
  return Invalid("Syntax error; token: \"{}\", near: \"{}\"", token, text_.substr(begin, end - begin));
}

Result<Path> Parser::ParsePath() {
  Path path;
  TRY(TakeStep(path));
  TRY(ParseDereferences(path));
  return path;
}

Status Parser::TakeStep(Path& path) {
  if (type() == TokenType::kNameRef) {
    const std::string* name = placeholders_.UseName(TokenText());
    if (name == nullptr) {
      Note(kind_ == ExpressionKind::kUpdate ? Finding::kName : Finding::kOperand,
           Invalid("An expression attribute name used in the document path is not defined; attribute name: {}",
                   TokenText()));
      path.steps.emplace_back(std::string(TokenText()));
    } else {
      path.steps.emplace_back(*name);
    }
  } else if (type() == TokenType::kName && !IsGrammarWord()) {
    if (IsReservedWord(TokenText())) {
      Note(Finding::kStructure, Invalid("Attribute name is a reserved keyword; reserved keyword: {}", TokenText()));
    }
    path.steps.emplace_back(std::string(TokenText()));
  } else {
    return SyntaxError();
  }
  Advance();
  return Ok();
}

Status Parser::ParseDereferences(Path& path) {
  for (;;) {
    if (Take(TokenType::kDot)) {
      TRY(TakeStep(path));
    } else if (Take(TokenType::kOpenBracket)) {
      if (type() != TokenType::kNumber) return SyntaxError();
      const std::string_view digits = TokenText();
      std::uint32_t index = 0;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
      if (digits.size() > 10 || error != std::errc() || index > kListIndexMax) {
        Note(Finding::kStructure, Invalid("List index is not within the allowable range; index: [{}]", digits));
      }
      path.steps.emplace_back(index);
      Advance();
      TRY(Expect(TokenType::kCloseBracket));
    } else {
      if (path.steps.size() > model::limits::kNestingMax) {
        Note(Finding::kOperand,
             Invalid("The document path has too many nesting levels; nesting levels: {}", path.steps.size()));
      }
      return Ok();
    }
  }
}

const model::AttributeValue* Parser::TakeValue() {
  const model::AttributeValue* value = placeholders_.UseValue(TokenText());
  if (value == nullptr) {
    Note(Finding::kOperand,
         Invalid("An expression attribute value used in expression is not defined; attribute value: {}", TokenText()));
  }
  Advance();
  return value;
}

Status Parser::CountOperator() {
  if (++operators_ > model::limits::kExpressionOperatorsMax) {
    return Invalid("The expression has too many operators and functions; maximum: {}",
                   model::limits::kExpressionOperatorsMax);
  }
  return Ok();
}

void Parser::Open() {
  open_.push_back(token_index_);
  Advance();
}

void Parser::Close() {
  const std::uint32_t begin = open_.back();
  const std::uint32_t end = token_index_;
  open_.pop_back();
  // ((x)): nothing between this group's signs and the signs of the group inside.
  if (last_group_.second != 0 && last_group_ == std::pair(begin + 1, end - 1)) {
    Note(Finding::kParentheses, Invalid("The expression has redundant parentheses;"));
  }
  last_group_ = {begin, end};
  Advance();
}

void Parser::NoteAt(Finding finding, std::uint32_t position, Error error) {
  for (Noted& noted : noted_) {
    if (noted.finding != finding) continue;
    const bool replace = finding == Finding::kStructure ? position < noted.position : noted.action != action_;
    if (replace) noted = Noted{finding, position, action_, std::move(error)};
    return;
  }
  noted_.push_back({finding, position, action_, std::move(error)});
}

void Parser::NoteOperandCount(std::string_view function, std::size_t count) {
  Note(
      Finding::kOperand,
      Invalid("Incorrect number of operands for operator or function; operator or function: {}, number of operands: {}",
              function, count));
}

void Parser::NoteOperandType(std::string_view function, std::string_view type) {
  Note(Finding::kOperand,
       Invalid("Incorrect operand type for operator or function; operator or function: {}, operand type: {}", function,
               type));
}

void Parser::NoteNotDistinct(std::string_view function, const Path& path) {
  Note(
      Finding::kOperand,
      Invalid("The first operand must be distinct from the remaining operands for this operator or function; operator: "
              "{}, first operand: {}",
              function, path.ToString()));
}

void Parser::NoteRequiresPath(std::string_view function) {
  Note(Finding::kOperand, Invalid("Operator or function requires a document path; operator or function: {}", function));
}

Status Parser::Finish() {
  if (type() != TokenType::kEnd) return SyntaxError();
  if (noted_.empty()) return Ok();
  const auto first = std::min_element(noted_.begin(), noted_.end(),
                                      [](const Noted& a, const Noted& b) { return a.finding < b.finding; });
  return std::move(first->error);
}

}  // namespace millrace::expr
