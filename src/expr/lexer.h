// Lexer cuts the text of an expression into tokens, one at a time and without copying.
//
// Keywords (AND, SET, …) are names here: which of them count as keywords depends on the kind of expression.
//
// Threads:   confined to one parse.
// Ownership: refers to the text, which must outlive it.
#pragma once

#include <cstdint>
#include <string_view>

namespace millrace::expr {

enum class TokenType : std::uint8_t {
  kEnd,
  kName,      // a letter, then letters, digits, underscores
  kNameRef,   // #name
  kValueRef,  // :name
  kNumber,    // digits
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kPlus,
  kMinus,
  kComma,
  kDot,
  kOpen,
  kClose,
  kOpenBracket,
  kCloseBracket,
  kUnknown,  // one character that starts no token
};

struct Token {
  TokenType type = TokenType::kEnd;
  std::uint32_t begin = 0;  // bytes of the text
  std::uint32_t end = 0;
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  // kEnd for ever once the text is used up.
  Token Next();

 private:
  std::string_view text_;
  std::uint32_t at_ = 0;
};

}  // namespace millrace::expr
