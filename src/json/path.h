// Path is a simple JSON path that names one place in a value: "$.a.b[0].c", "$.a['x-y']", "$". PathPattern may name
// several: it also takes wildcards, "$.a[*].b", "$.a.*".
//
// After a dot a name runs to the next '.' or '['; names with other signs in them, or spaces, go in ['…'] or ["…"],
// where a backslash escapes the quote and itself. Slices, filters and ".." are refused.
//
// Threads:   immutable after Parse.
// Failure:   InvalidArgument that shows the path and says where it is wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "json/value.h"

namespace millrace::json {

class Path {
 public:
  static constexpr std::size_t kBytesMax = 4096;

  using Name = std::string;
  using Index = std::uint32_t;
  using Step = std::variant<Name, Index>;

  static Result<Path> Parse(std::string_view text);

  // The value at this path below `root`, or null if there is none.
  const Value* Resolve(const Value& root) const;

  const std::string& text() const { return text_; }
  const std::vector<Step>& steps() const { return steps_; }

 private:
  std::string text_;
  std::vector<Step> steps_;
};

// Every element of an array, or every member's value of an object.
struct Wildcard {
  bool operator==(const Wildcard&) const = default;
};

class PathPattern {
 public:
  using Step = std::variant<Path::Name, Path::Index, Wildcard>;

  static Result<PathPattern> Parse(std::string_view text);

  const std::string& text() const { return text_; }
  const std::vector<Step>& steps() const { return steps_; }

 private:
  std::string text_;
  std::vector<Step> steps_;
};

}  // namespace millrace::json
