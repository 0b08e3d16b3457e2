// Scan finds the tokens of a JSON text, 64 bytes at a time: the first of the two stages in which an event is read.
//
// It knows strings and escapes and nothing else of the grammar: of what lies outside of strings it marks each bracket,
// comma, colon, and the first byte of each run of other characters, opening quotes among them.
//
// The method is that of Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (VLDB Journal 28, 2019).
//
// Threads:   functions without state of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace millrace::pattern {

inline constexpr std::size_t kScanBlockBytes = 64;

// What 64 bytes hold; bit i is byte i.
struct ScanBlock {
  std::uint64_t tokens;
  std::uint64_t quotes;  // all that are not escaped: opening and closing
  std::uint64_t open;    // { and [
  std::uint64_t close;   // } and ]
  std::uint32_t closed;  // how many of the last
  std::int32_t deeper;   // how many more are opened than closed
};

// Carried from block to block of one text.
struct ScanState {
  std::uint64_t in_string = 0;     // all ones within a string
  std::uint64_t escapes_next = 0;  // 1 if the next byte is escaped
  std::uint64_t in_run = 0;        // 1 if the last byte may go on in the next
  // What was seen so far.
  std::uint64_t backslashes = 0;
  std::uint64_t beyond_ascii = 0;
  std::uint64_t controls = 0;  // control characters in strings
};

// How a text is scanned with one kind of vectors.
struct Scan {
  // Reads `count` blocks.
  void (*blocks)(const char* text, std::size_t count, ScanState& state, ScanBlock* out);
  // Lists the tokens of blocks that were read: the place of each, counted from `first`, and its byte. Returns how many;
  // up to kGatherSlack more entries may be written.
  std::size_t (*gather)(const char* text, const ScanBlock* blocks, std::size_t count, std::uint32_t first,
                        std::uint32_t* places, char* bytes);
};
inline constexpr std::size_t kGatherSlack = 64;

// The fastest for this processor.
const Scan& ChooseScan();
// Every one that this processor can run, the plain one first. For tests.
std::span<const Scan> AllScans();

}  // namespace millrace::pattern
