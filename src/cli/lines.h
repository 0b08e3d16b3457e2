// Lines reads a stream line by line, with a bound on what one line may hold.
//
// Threads:   externally synchronised.
// Ownership: the stream outlives it.
#pragma once

#include <cstddef>
#include <istream>
#include <string>

namespace millrace::cli {

class Lines {
 public:
  Lines(std::istream& in, std::size_t bytes_max) : in_(in), bytes_max_(bytes_max) {}

  // The next line without its end; false at the end of the stream. A line beyond the limit is cut, and the rest of it
  // skipped.
  bool Next();

  const std::string& text() const { return text_; }
  std::size_t number() const { return number_; }  // from 1
  bool too_long() const { return too_long_; }
  bool blank() const { return !too_long_ && text_.find_first_not_of(" \t") == std::string::npos; }

 private:
  std::istream& in_;
  const std::size_t bytes_max_;
  std::string text_;
  std::size_t number_ = 0;
  bool too_long_ = false;
};

}  // namespace millrace::cli
