#include "expr/lexer.h"

namespace millrace::expr {
namespace {

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool IsNamePart(char c) {
  return IsLetter(c) || IsDigit(c) || c == '_';
}
bool IsContinuationByte(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

}  // namespace

Token Lexer::Next() {
  while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  Token token{TokenType::kEnd, at_, at_};
  if (at_ == text_.size()) return token;

  const auto take_while = [this](bool (*is_part)(char)) {
    while (at_ < text_.size() && is_part(text_[at_])) ++at_;
  };
  const auto next_is = [this](char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  };

  const char c = text_[at_++];
  switch (c) {
    case '=':
      token.type = TokenType::kEqual;
      break;
    case '<':
      token.type = next_is('>') ? TokenType::kNotEqual : next_is('=') ? TokenType::kLessOrEqual : TokenType::kLess;
      break;
    case '>':
      token.type = next_is('=') ? TokenType::kGreaterOrEqual : TokenType::kGreater;
      break;
    case '+':
      token.type = TokenType::kPlus;
      break;
    case '-':
      token.type = TokenType::kMinus;
      break;
    case ',':
      token.type = TokenType::kComma;
      break;
    case '.':
      token.type = TokenType::kDot;
      break;
    case '(':
      token.type = TokenType::kOpen;
      break;
    case ')':
      token.type = TokenType::kClose;
      break;
    case '[':
      token.type = TokenType::kOpenBracket;
      break;
    case ']':
      token.type = TokenType::kCloseBracket;
      break;
    case '#':
    case ':':
      take_while(IsNamePart);
      // A sign alone is no token.
      token.type = at_ - token.begin == 1 ? TokenType::kUnknown : c == '#' ? TokenType::kNameRef : TokenType::kValueRef;
      break;
    default:
      if (IsLetter(c)) {
        take_while(IsNamePart);
        token.type = TokenType::kName;
      } else if (IsDigit(c)) {
        take_while(IsDigit);
        token.type = TokenType::kNumber;
      } else {
        take_while(IsContinuationByte);
        token.type = TokenType::kUnknown;
      }
  }
  token.end = at_;
  return token;
}

}  // namespace millrace::expr
