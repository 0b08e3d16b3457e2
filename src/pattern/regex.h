// Regex is a regular expression that must match all of a string. Matching takes time linear in the string, whatever the
// expression: https://github.com/google/re2/wiki/Syntax.
//
// Threads:   immutable and thread-safe.
// Failure:   Parse refuses what RE2 cannot read, what is longer than limits::kRegexBytesMax and what needs too much
//            memory.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace millrace::pattern {

class Regex {
 public:
  static Result<Regex> Parse(std::string_view text);

  bool Matches(std::string_view value) const;
  const std::string& text() const { return text_; }

 private:
  struct Program;

  std::string text_;
  std::shared_ptr<const Program> program_;
};

}  // namespace millrace::pattern
