// RangeList finds the ranges of 128-bit keys that hold a key: numbers, addresses. They are sorted by their lower end,
// and a tree over them knows the highest upper end below each node.
//
// Threads:   immutable; changing a copy leaves the original as it is.
// Ownership: plain value; a copy shares.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include "base/check.h"
#include "base/int128.h"
#include "pattern/text_table.h"

namespace millrace::pattern {

class RangeList {
 public:
  // Both ends belong to it.
  struct Range {
    Uint128 low;
    Uint128 high;
    Tag tag;
    bool operator==(const Range&) const = default;
  };

  bool empty() const { return list_ == nullptr; }

  void Add(const Range& range) {
    std::vector<Range> ranges = list_ ? list_->ranges : std::vector<Range>();
    ranges.insert(std::ranges::upper_bound(ranges, range.low, {}, &Range::low), range);
    list_ = std::make_shared<const List>(std::move(ranges));
  }
  // REQUIRES: it is there.
  void Remove(const Range& range) {
    CHECK(list_ != nullptr);
    std::vector<Range> ranges = list_->ranges;
    const auto found = std::ranges::find(ranges, range);
    CHECK(found != ranges.end(), "what is removed is there");
    ranges.erase(found);
    list_ = ranges.empty() ? nullptr : std::make_shared<const List>(std::move(ranges));
  }

  // Calls visit(tag) for each that holds the key.
  template <class Visit>
  void Find(Uint128 key, Visit visit) const {
    if (list_ == nullptr) return;
    const std::vector<Range>& ranges = list_->ranges;
    if (ranges.size() <= kPlainMax) {
      for (const Range& range : ranges) {
        if (range.low > key) return;
        if (key <= range.high) visit(range.tag);
      }
      return;
    }
    // Only those that begin at or before the key.
    const auto end = std::ranges::upper_bound(ranges, key, {}, &Range::low);
    Find(1, 0, list_->leaves, static_cast<std::size_t>(end - ranges.begin()), key, visit);
  }

 private:
  static constexpr std::size_t kPlainMax = 16;

  struct List {
    explicit List(std::vector<Range> sorted) : ranges(std::move(sorted)) {
      if (ranges.size() <= kPlainMax) return;
      leaves = 1;
      while (leaves < ranges.size()) leaves *= 2;
      highest.resize(2 * leaves);
      for (std::size_t i = 0; i < ranges.size(); ++i) highest[leaves + i] = ranges[i].high;
      for (std::size_t i = leaves - 1; i > 0; --i) highest[i] = std::max(highest[2 * i], highest[2 * i + 1]);
    }
    std::vector<Range> ranges;
    std::size_t leaves = 0;
    std::vector<Uint128> highest;  // a heap: the children of i are 2i and 2i + 1
  };

  template <class Visit>
  void Find(std::size_t node, std::size_t first, std::size_t count, std::size_t end, Uint128 key, Visit& visit) const {
    if (first >= end || list_->highest[node] < key) return;
    if (count == 1) return visit(list_->ranges[first].tag);
    Find(2 * node, first, count / 2, end, key, visit);
    Find(2 * node + 1, first + count / 2, count / 2, end, key, visit);
  }

  std::shared_ptr<const List> list_;
};

}  // namespace millrace::pattern
