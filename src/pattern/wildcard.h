// Wildcard is a text in which '*' stands for any run of characters, also none; \* and \\ stand for themselves.
//
// Threads:   immutable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace millrace::pattern {

class Wildcard {
 public:
  // Errors have event-ruler's words, with positions that count the quote before the text.
  static Result<Wildcard> Parse(std::string_view text);

  // Whether all of `value` fits. Linear in its length.
  bool Matches(std::string_view value) const;

  // The literal runs between the stars, one more than there are stars; only the first and the last may be empty.
  const std::vector<std::string>& literals() const { return literals_; }

 private:
  std::vector<std::string> literals_;
};

}  // namespace millrace::pattern
