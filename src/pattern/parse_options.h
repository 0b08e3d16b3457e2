// ParseOptions choose the language that a pattern is read in, and how large it may be.
//
// What a dialect changes is in the conditions that come of a pattern; nothing that matches asks for the dialect again.
//
// Threads:   plain values.
#pragma once

#include <cstddef>
#include <cstdint>

namespace millrace::pattern {

namespace limits {
inline constexpr std::size_t kPatternBytesMax = 256 * 1024;  // the services that imitate AWS allow less: ServiceLimits
inline constexpr std::uint32_t kPatternDepthMax = 300;
inline constexpr std::size_t kPathNamesMax = 1000;     // of one field, dots and nesting alike
inline constexpr std::size_t kFieldsMax = 256;         // in one combination of $or branches, as event-ruler
inline constexpr std::size_t kCombinationsMax = 1000;  // of $or branches
inline constexpr std::size_t kRegexBytesMax = 1024;
// Matching ends after this much work, without a match. An event of a megabyte stays far below it, unless it or the
// pattern was made to be slow.
inline constexpr std::size_t kMatchStepsMax = 50'000'000;
}  // namespace limits

enum class Dialect : std::uint8_t {
  // EventBridge's language without its accidents.
  kExact,
  // Also what EventBridge does by accident:
  //  - A character beyond the Basic Multilingual Plane, compared without regard to case, is two question marks.
  //  - IPv4 and IPv6 addresses are runs of hexadecimal digits, and a range matches every address that begins like one
  //    in it: "10.0.0.0/24" matches "a00::5".
  //  - Text after the pattern's closing brace is ignored.
  kAws,
};

struct ParseOptions {
  Dialect dialect = Dialect::kExact;
  // Whether match types that begin with "millrace:" are known. Never in AWS's dialect.
  bool extensions = true;
  // Whether conditions keep the text that they were made of, for Explain.
  bool keep_source = false;
  std::size_t bytes_max = limits::kPatternBytesMax;
  std::uint32_t depth_max = limits::kPatternDepthMax;
  std::size_t fields_max = limits::kFieldsMax;
  std::size_t combinations_max = limits::kCombinationsMax;

  bool extended() const { return extensions && dialect == Dialect::kExact; }
};

}  // namespace millrace::pattern
