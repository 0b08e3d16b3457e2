#include "cli/lines.h"

namespace millrace::cli {

bool Lines::Next() {
  using Traits = std::char_traits<char>;
  text_.clear();
  too_long_ = false;
  std::streambuf& buffer = *in_.rdbuf();
  int c = buffer.sbumpc();
  if (c == Traits::eof()) return false;
  ++number_;
  for (; c != Traits::eof() && c != '\n'; c = buffer.sbumpc()) {
    if (text_.size() < bytes_max_)
      text_.push_back(static_cast<char>(c));
    else
      too_long_ = true;
  }
  if (text_.ends_with('\r')) text_.pop_back();
  return true;
}

}  // namespace millrace::cli
