// Document parses JSON text (RFC 8259) strictly and owns the resulting tree.
//
// Refused: anything after the value, invalid UTF-8, lone surrogates, numbers that are not JSON numbers, control
// characters in strings, nesting beyond the limit, duplicate names. Never crashes, whatever the bytes.
//
// Threads:   externally synchronised; keep one per thread and reuse it: its memory is kept for the next parse.
// Failure:   InvalidArgument with the byte offset; the document is then empty.
#pragma once

#include <memory>
#include <string_view>

#include "base/error.h"
#include "json/value.h"

namespace millrace::json {

enum class DuplicateNames { kRefuse, kKeepAll };

struct ParseOptions {
  std::uint32_t depth_max = 1000;
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

 private:
  struct Arena;
  std::unique_ptr<Arena> arena_;
};

// True if `text` is one JSON number and nothing else.
bool IsNumber(std::string_view text);

}  // namespace millrace::json
