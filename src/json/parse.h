// Document parses JSON text (RFC 8259) strictly and owns the resulting tree.
//
// Refused: anything after the value, invalid UTF-8, lone surrogates, numbers that are not JSON numbers, control
// characters in strings, nesting beyond the limit, duplicate names. Never crashes, whatever the bytes.
//
// Threads:   externally synchronised; keep one per thread and reuse it: up to kRetainedBytesMax of its memory is kept
// for
//            the next parse, so that one huge document does not hold memory for ever.
// Failure:   InvalidArgument with the byte offset; the root is then null.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "json/value.h"

namespace millrace::json {

enum class DuplicateNames { kRefuse, kKeepAll };

// Text longer than this is refused unread.
inline constexpr std::size_t kTextBytesMax = std::size_t{1} << 30;
inline constexpr std::uint32_t kDepthMax = 1000;
inline constexpr std::size_t kRetainedBytesMax = std::size_t{4} << 20;

struct ParseOptions {
  std::uint32_t depth_max = kDepthMax;  // levels of arrays and objects; at most kDepthMax
  DuplicateNames duplicate_names = DuplicateNames::kRefuse;
};

class Document {
 public:
  Document();
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;

  // Copies what it needs: `text` may go away afterwards. Any JSON value at the top level.
  Status Parse(std::string_view text, const ParseOptions& options = {});
  const Value& root() const;
  // Empties the document and gives back all memory beyond kRetainedBytesMax. Parse does the same first.
  void Clear();

 private:
  struct Arena;
  std::unique_ptr<Arena> arena_;
};

// True if `text` is one JSON number and nothing else.
bool IsNumber(std::string_view text);

}  // namespace millrace::json
