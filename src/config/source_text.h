// SourceText is a file's text as lines, for turning byte offsets into places that people read.
//
// Threads:   immutable.
// Ownership: refers to the text, which must outlive it.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"

namespace millrace::config {

class SourceText {
 public:
  explicit SourceText(std::string_view text);

  std::string_view text() const { return text_; }
  // Without its line end; empty when there is no such line. 1-based.
  std::string_view Line(std::size_t number) const;
  // The part of one line from `offset` on, `length` bytes at most, at least one column wide.
  Span At(std::size_t offset, std::size_t length) const;

 private:
  std::string_view text_;
  std::vector<std::size_t> starts_;
};

// How many code points `utf8` has; continuation bytes are not counted, whatever they continue.
std::size_t CodePoints(std::string_view utf8);
// The byte offset of the first byte that is not well-formed UTF-8, or npos.
std::size_t FindInvalidUtf8(std::string_view text);
// The byte offset of the first character that YAML forbids (control characters but tab, LF and CR), or npos.
std::size_t FindUnprintable(std::string_view utf8);

}  // namespace millrace::config
