#include "pattern/wildcard.h"

#include <cstring>

namespace millrace::pattern {

Result<Wildcard> Wildcard::Parse(std::string_view text) {
  Wildcard wildcard;
  wildcard.literals_.emplace_back();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '*') {
      if (next == '*') return InvalidArgument("Consecutive wildcard characters at pos {}", i + 1);
      wildcard.literals_.emplace_back();
    } else if (text[i] == '\\') {
      if (next != '*' && next != '\\') return InvalidArgument("Invalid escape character at pos {}", i + 1);
      wildcard.literals_.back().push_back(next);
      ++i;
    } else {
      wildcard.literals_.back().push_back(text[i]);
    }
  }
  return wildcard;
}

bool Wildcard::Matches(std::string_view value) const {
  if (literals_.size() == 1) return value == literals_[0];
  const std::string& first = literals_.front();
  const std::string& last = literals_.back();
  if (value.size() < first.size() + last.size() || !value.starts_with(first) || !value.ends_with(last)) return false;
  std::string_view rest = value.substr(first.size(), value.size() - first.size() - last.size());
  // The leftmost place for each run in turn leaves most room for those after it. memmem never goes back.
  for (std::size_t i = 1; i + 1 < literals_.size(); ++i) {
    const void* found = memmem(rest.data(), rest.size(), literals_[i].data(), literals_[i].size());
    if (found == nullptr) return false;
    rest.remove_prefix(static_cast<std::size_t>(static_cast<const char*>(found) - rest.data()) + literals_[i].size());
  }
  return true;
}

}  // namespace millrace::pattern
