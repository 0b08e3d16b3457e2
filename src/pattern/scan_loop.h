// ScanLoop is the part of Scan that all kinds of vectors share. Included only where it is compiled for one of them;
// uses nothing that another translation unit could have compiled for another processor.
//
// Threads: functions without state.
#pragma once

#include "pattern/scan.h"

namespace millrace::pattern {
namespace {

// The classes of 64 bytes.
struct Classes {
  std::uint64_t quote;
  std::uint64_t backslash;
  std::uint64_t open;
  std::uint64_t close;
  std::uint64_t separator;  // : and ,
  std::uint64_t space;
  std::uint64_t control;  // below 0x20
  std::uint64_t beyond_ascii;
};

// The bytes that a backslash before them escapes.
inline std::uint64_t Escaped(std::uint64_t backslash, std::uint64_t& escapes_next) {
  if (backslash == 0) {
    const std::uint64_t escaped = escapes_next;
    escapes_next = 0;
    return escaped;
  }
  constexpr std::uint64_t kEvenBits = 0x5555555555555555;
  backslash &= ~escapes_next;
  const std::uint64_t follows = backslash << 1 | escapes_next;
  // Runs that begin at an odd place are carried to their end by an addition.
  const std::uint64_t odd_starts = backslash & ~kEvenBits & ~follows;
  std::uint64_t runs;
  escapes_next = __builtin_add_overflow(odd_starts, backslash, &runs) ? 1 : 0;
  return (kEvenBits ^ (runs << 1)) & follows;
}

// Vector::Classify(text) gives the classes; Vector::PrefixXor(bits) has bit i set if an odd number of the bits up to i
// is.
template <class Vector>
inline void ScanLoop(const char* text, std::size_t count, ScanState& state, ScanBlock* out) {
  ScanState s = state;
  for (std::size_t i = 0; i < count; ++i) {
    const Classes c = Vector::Classify(text + i * kScanBlockBytes);
    const std::uint64_t quotes = c.quote & ~Escaped(c.backslash, s.escapes_next);
    // From the opening quote to before the closing one.
    const std::uint64_t in_string = Vector::PrefixXor(quotes) ^ s.in_string;
    s.in_string = static_cast<std::uint64_t>(static_cast<std::int64_t>(in_string) >> 63);
    const std::uint64_t operators = c.open | c.close | c.separator;
    const std::uint64_t run = ~(operators | c.space);
    const std::uint64_t run_unquoted = run & ~quotes;
    const std::uint64_t run_starts = run & ~(run_unquoted << 1 | s.in_run);
    s.in_run = run_unquoted >> 63;
    out[i].tokens = (operators | run_starts) & ~(in_string ^ quotes);
    out[i].quotes = quotes;
    out[i].open = c.open & ~in_string;
    out[i].close = c.close & ~in_string;
    out[i].closed = static_cast<std::uint32_t>(__builtin_popcountll(out[i].close));
    out[i].deeper = __builtin_popcountll(out[i].open) - static_cast<std::int32_t>(out[i].closed);
    s.backslashes |= c.backslash;
    s.beyond_ascii |= c.beyond_ascii;
    s.controls |= c.control & in_string;
  }
  state = s;
}

inline std::size_t GatherLoop(const char* text, const ScanBlock* blocks, std::size_t count, std::uint32_t first,
                              std::uint32_t* places, char* bytes) {
  std::size_t total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t tokens = blocks[i].tokens;
    const auto found = static_cast<std::size_t>(__builtin_popcountll(tokens));
    const auto begin = first + static_cast<std::uint32_t>(i * kScanBlockBytes);
    // Eight at a time whether there are so many or not: fewer surprises for the processor.
    for (std::size_t k = 0; k < found; k += 8) {
      for (std::size_t j = k; j < k + 8; ++j) {
        places[total + j] = begin + static_cast<std::uint32_t>(__builtin_ctzll(tokens | std::uint64_t{1} << 63));
        tokens &= tokens - 1;
      }
    }
    total += found;
  }
  for (std::size_t k = 0; k < total; ++k) bytes[k] = text[places[k] - first];
  return total;
}

}  // namespace
}  // namespace millrace::pattern
