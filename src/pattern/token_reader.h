// TokenReader walks the tokens of a JSON text and knows, after each, where the parser of EventBridge would stand: its
// error messages carry that position.
//
// That parser looks one token ahead after a name, and leaves a string unread until its text is asked for.
//
// Threads:   externally synchronised.
// Ownership: the text outlives the reader. It must be valid JSON, as json::Document found it to be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::pattern {

class TokenReader {
 public:
  enum class Token : std::uint8_t {
    kBeginObject,
    kEndObject,
    kBeginArray,
    kEndArray,
    kName,
    kString,
    kNumber,
    kTrue,
    kFalse,
    kNull
  };
  struct Position {
    std::uint32_t line = 1;
    std::uint32_t column = 1;  // in UTF-16 units
  };

  explicit TokenReader(std::string_view text) : text_(text) {}

  // REQUIRES: not at the end of the text.
  Token Next();
  // The text of the current token: unescaped for names and strings, as written for others.
  std::string Text();
  // The bytes of the current token.
  std::size_t begin() const { return begin_; }
  std::size_t end() const { return end_; }
  std::string_view Source(std::size_t from, std::size_t to) const { return text_.substr(from, to - from); }
  // Where the parser stands.
  Position position() const;

 private:
  void Skip();
  // The end of the token that begins at `at`.
  std::size_t End(std::size_t at) const;

  std::string_view text_;
  std::size_t begin_ = 0;  // of the current token
  std::size_t end_ = 0;
  std::size_t stands_ = 0;  // the byte up to which the parser has read
  Token token_ = Token::kNull;
  std::vector<bool> in_object_;
  bool name_due_ = false;
};

}  // namespace millrace::pattern
