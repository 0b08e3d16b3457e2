// Parser is what the grammars of all kinds of expressions have in common: tokens, paths, placeholders, parentheses,
// limits, and the order in which AWS reports what is wrong.
//
// AWS parses first, so a syntax error comes before everything else. What is wrong in meaning is found in passes: names
// and functions, then placeholders and operands. We parse once, note the first finding of each pass, and report at the
// end.
//
// Threads:   confined to one parse.
// Ownership: refers to the text and to the placeholders, which must outlive it.
// Failure:   InvalidArgument with AWS's words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "expr/kind.h"
#include "expr/lexer.h"
#include "expr/path.h"
#include "expr/placeholders.h"
#include "model/attribute_value.h"

namespace millrace::expr {

// What can be noted, in the order of reporting.
enum class Finding : std::uint8_t {
  kParentheses,
  kStructure,  // reserved words, function names and where they stand; the leftmost is reported
  kSection,    // UpdateExpression only: SET, REMOVE, ADD and DELETE stand once each
  kName,       // UpdateExpression only: undefined #names come before other placeholders
  kPaths,      // UpdateExpression only: paths that overlap or conflict
  kOperand,    // placeholders, number and types of operands
};

class Parser {
 public:
  Parser(std::string_view text, ExpressionKind kind, Placeholders& placeholders);

  // Refuses the empty and the oversized expression.
  Status CheckText() const;

  TokenType type() const { return current_.type; }
  std::uint32_t position() const { return current_.begin; }
  // The number of tokens before the current one.
  std::uint32_t token_index() const { return token_index_; }
  std::string_view TokenText() const { return text_.substr(current_.begin, current_.end - current_.begin); }
  TokenType next_type() const { return next_.type; }
  void Advance();
  bool Take(TokenType type);
  Status Expect(TokenType type);
  // `upper` is the keyword in upper case; the text may have any.
  bool IsKeyword(std::string_view upper) const;
  bool TakeKeyword(std::string_view upper);
  // The current name is a word of the grammar (AND in a condition, SET in an update), so it can name nothing else.
  bool IsGrammarWord() const;

  // 'Invalid UpdateExpression: Syntax error; token: "x", near: "a x b"' at the current token.
  Error SyntaxError() const;

  // name { "." name | "[" index "]" }
  Result<Path> ParsePath();
  // The steps after `path`'s last, if any.
  Status ParseDereferences(Path& path);
  // The current token is a kValueRef. Null if it is not defined, which is noted.
  const model::AttributeValue* TakeValue();

  // One operator or function was read. Beyond the limit the rest need not be understood, which bounds the nesting.
  Status CountOperator();

  // Parentheses that only group. Open and Close are called with the current token on the sign, and take it.
  void Open();
  bool HasOpen(std::size_t above) const { return open_.size() > above; }
  std::size_t open_count() const { return open_.size(); }
  // The token index of the innermost open one. REQUIRES: there is one.
  std::uint32_t LastOpen() const { return open_.back(); }
  void Close();

  // Notes a finding unless there is one that AWS would report instead.
  void Note(Finding finding, Error error) { NoteAt(finding, position(), std::move(error)); }
  // For kStructure: where in the text.
  void NoteAt(Finding finding, std::uint32_t position, Error error);
  // The actions of an UpdateExpression are checked from the last to the first: from here on, findings of kName and
  // kOperand replace those of earlier actions.
  void StartAction() { ++action_; }

  void NoteOperandCount(std::string_view function, std::size_t count);
  void NoteOperandType(std::string_view function, std::string_view type);
  void NoteNotDistinct(std::string_view function, const Path& path);
  void NoteRequiresPath(std::string_view function);

  // "Invalid UpdateExpression: " and the message.
  template <class... Args>
  Error Invalid(fmt::format_string<Args...> format, Args&&... args) const {
    return InvalidArgument("Invalid {}: {}", ExpressionKindName(kind_),
                           fmt::format(format, std::forward<Args>(args)...));
  }

  // The end of the text was reached; the first finding, if any.
  Status Finish();

 private:
  struct Noted {
    Finding finding;
    std::uint32_t position;
    std::uint32_t action;
    Error error;
  };

  // One step of a path: the current token is kName or kNameRef.
  Status TakeStep(Path& path);

  std::string_view text_;
  ExpressionKind kind_;
  Placeholders& placeholders_;
  Lexer lexer_;
  Token previous_;
  Token current_;
  Token next_;
  std::uint32_t token_index_ = 0;
  std::size_t operators_ = 0;
  std::uint32_t action_ = 0;
  std::vector<std::uint32_t> open_;                           // token indexes
  std::pair<std::uint32_t, std::uint32_t> last_group_{0, 0};  // token indexes of the group closed last
  std::vector<Noted> noted_;                                  // at most one of each finding
};

}  // namespace millrace::expr
