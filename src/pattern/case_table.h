// The upper and lower case of every Unicode character beyond ASCII, as the Unicode Character Database has them.
//
// Threads:   constants.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace millrace::pattern::case_table {

// Every `step`th code point from first to last maps to itself plus delta.
struct Range {
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t step;
  std::int32_t delta;
};
// A code point that maps to more than one: ß to SS.
struct Special {
  std::uint32_t code;
  std::string_view text;
};
// Both sorted by code point.
struct Tables {
  std::span<const Range> ranges;
  std::span<const Special> specials;
};

extern const Tables kLower;
extern const Tables kUpper;

}  // namespace millrace::pattern::case_table
