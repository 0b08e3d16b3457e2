#include "pattern/folded_wildcard.h"

#include <algorithm>

namespace millrace::pattern {

FoldedWildcard::FoldedWildcard(const Wildcard& wildcard) {
  for (const std::string& literal : wildcard.literals()) literals_.emplace_back(literal);
}

bool FoldedWildcard::Matches(std::string_view value) const {
  if (literals_.size() == 1) return literals_[0].Equals(value);
  const std::size_t first = literals_.front().TakeFront(value);
  if (first == Fold::kNothing) return false;
  value.remove_prefix(first);
  const std::size_t last = literals_.back().TakeBack(value);
  if (last == Fold::kNothing) return false;
  value.remove_suffix(last);
  for (std::size_t i = 1; i + 1 < literals_.size(); ++i) {
    // The forms of a character differ in length, so the leftmost place need not be the one that ends first. What ends
    // first leaves most room for the runs after it.
    std::size_t end = Fold::kNothing;
    for (std::size_t at = 0; at < std::min(end, value.size()); ++at) {
      const std::size_t length = literals_[i].TakeFront(value.substr(at));
      if (length != Fold::kNothing) end = std::min(end, at + length);
    }
    if (end == Fold::kNothing) return false;
    value.remove_prefix(end);
  }
  return true;
}

}  // namespace millrace::pattern
