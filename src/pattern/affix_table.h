// AffixTable finds the texts that another text begins with, or ends with: a TextTable that is asked once for each
// length that its texts have.
//
// Threads:   immutable; changing a copy leaves the original as it is.
// Ownership: plain value; a copy shares.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pattern/text_table.h"

namespace millrace::pattern {

class AffixTable {
 public:
  bool empty() const { return table_.empty(); }

  void Add(std::string_view text, Tag tag) {
    table_.Add(text, tag);
    auto at = std::ranges::lower_bound(lengths_, text.size(), {}, &Length::length);
    if (at == lengths_.end() || at->length != text.size()) at = lengths_.insert(at, {.length = text.size()});
    ++at->texts;
    if (!text.empty()) {
      at->first |= BitOf(text.front());
      at->last |= BitOf(text.back());
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
      if (each.length > 0 && (each.first & BitOf(text.front())) == 0) continue;
      for (const Tag tag : table_.Find(text.substr(0, each.length))) visit(tag);
    }
  }
  template <class Visit>
  void FindEndingsOf(std::string_view text, Visit visit) const {
    for (const Length& each : lengths_) {
      if (each.length > text.size()) return;
      if (each.length > 0 && (each.last & BitOf(text.back())) == 0) continue;
      for (const Tag tag : table_.Find(text.substr(text.size() - each.length))) visit(tag);
    }
  }

 private:
  struct Length {
    std::size_t length;
    std::size_t texts = 0;
    // The bytes with which texts of this length begin and end, modulo 64: without them no text can be found. Those of
    // removed texts may still be there.
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };
  static std::uint64_t BitOf(char c) { return std::uint64_t{1} << (static_cast<unsigned char>(c) & 63); }

  TextTable table_;
  std::vector<Length> lengths_;  // ascending
};

}  // namespace millrace::pattern
