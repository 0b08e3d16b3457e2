// AffixTable finds the texts that another text begins with, or ends with: a TextTable that is asked once for each
// length that its texts have.
//
// Threads:   immutable; changing a copy leaves the original as it is.
// Ownership: plain value; a copy shares.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "pattern/text_table.h"

namespace millrace::pattern {

class AffixTable {
 public:
  bool empty() const { return table_.empty(); }

  void Add(std::string_view text, Tag tag) {
    table_.Add(text, tag);
    const auto at = std::ranges::lower_bound(lengths_, text.size(), {}, &Length::length);
    if (at != lengths_.end() && at->length == text.size()) {
      ++at->texts;
    } else {
      lengths_.insert(at, {text.size(), 1});
    }
  }
  // REQUIRES: it is there.
  void Remove(std::string_view text, Tag tag) {
    table_.Remove(text, tag);
    const auto at = std::ranges::lower_bound(lengths_, text.size(), {}, &Length::length);
    if (--at->texts == 0) lengths_.erase(at);
  }

  template <class Visit>
  void FindBeginningsOf(std::string_view text, Visit visit) const {
    for (const Length& each : lengths_) {
      if (each.length > text.size()) return;
      for (const Tag tag : table_.Find(text.substr(0, each.length))) visit(tag);
    }
  }
  template <class Visit>
  void FindEndingsOf(std::string_view text, Visit visit) const {
    for (const Length& each : lengths_) {
      if (each.length > text.size()) return;
      for (const Tag tag : table_.Find(text.substr(text.size() - each.length))) visit(tag);
    }
  }

 private:
  struct Length {
    std::size_t length;
    std::size_t texts;
  };

  TextTable table_;
  std::vector<Length> lengths_;  // ascending
};

}  // namespace millrace::pattern
