#include "pattern/token_reader.h"

#include "base/check.h"
#include "json/unescape.h"

namespace millrace::pattern {

void TokenReader::Skip() {
  while (end_ < text_.size() && std::string_view(" \t\r\n,:").find(text_[end_]) != std::string_view::npos) ++end_;
}

std::size_t TokenReader::End(std::size_t at) const {
  switch (text_[at]) {
    case '{':
    case '}':
    case '[':
    case ']':
      return at + 1;
    case '"':
      for (++at; text_[at] != '"'; ++at) {
        if (text_[at] == '\\') ++at;
      }
      return at + 1;
    default:
      while (at < text_.size() && std::string_view(" \t\r\n,:{}[]").find(text_[at]) == std::string_view::npos) ++at;
      return at;
  }
}

TokenReader::Token TokenReader::Next() {
  Skip();
  CHECK(end_ < text_.size());
  begin_ = end_;
  end_ = End(begin_);
  stands_ = end_;
  switch (text_[begin_]) {
    case '{':
      in_object_.push_back(true);
      name_due_ = true;
      return token_ = Token::kBeginObject;
    case '[':
      in_object_.push_back(false);
      name_due_ = false;
      return token_ = Token::kBeginArray;
    case '}':
    case ']':
      in_object_.pop_back();
      token_ = text_[begin_] == '}' ? Token::kEndObject : Token::kEndArray;
      break;
    case '"':
      if (name_due_) {
        name_due_ = false;
        const std::size_t end = end_;
        Skip();
        const char next = text_[end_];
        stands_ = next == '"' ? end_ + 1 : End(end_);
        end_ = end;
        return token_ = Token::kName;
      }
      stands_ = begin_ + 1;
      token_ = Token::kString;
      break;
    case 't':
      token_ = Token::kTrue;
      break;
    case 'f':
      token_ = Token::kFalse;
      break;
    case 'n':
      token_ = Token::kNull;
      break;
    default:
      token_ = Token::kNumber;
  }
  name_due_ = !in_object_.empty() && in_object_.back();
  return token_;
}

std::string TokenReader::Text() {
  if (token_ != Token::kName && token_ != Token::kString) return std::string(text_.substr(begin_, end_ - begin_));
  if (token_ == Token::kString) stands_ = end_;
  std::string text(text_.substr(begin_ + 1, end_ - begin_ - 2));
  const json::Unescaped unescaped = json::Unescape(text, text.data());
  CHECK(unescaped.error == nullptr);
  text.resize(unescaped.length);
  return text;
}

TokenReader::Position TokenReader::position() const {
  Position position;
  for (std::size_t i = 0; i < stands_; ++i) {
    const unsigned char c = static_cast<unsigned char>(text_[i]);
    if (c == '\n') {
      ++position.line;
      position.column = 1;
    } else if ((c & 0xc0) != 0x80) {
      position.column += c >= 0xf0 ? 2 : 1;
    }
  }
  return position;
}

}  // namespace millrace::pattern
