// Path is a document path: the name of an attribute and the way into its maps and lists, as in a.b[3].c.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.Attributes.html
//
// Threads: plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "model/attribute_value.h"

namespace millrace::expr {

// The name of an attribute or map entry, or the index of a list element.
using PathStep = std::variant<std::string, std::uint32_t>;

struct Path {
  std::vector<PathStep> steps;  // never empty; the first is a name

  const std::string& root() const { return *std::get_if<std::string>(&steps.front()); }
  bool is_top_level() const { return steps.size() == 1; }
  // "[a, b, [3], c]", as AWS prints a path in its messages.
  std::string ToString() const;

  bool operator==(const Path&) const = default;
};

// The value at `path`, or null if the item has none: a name missing, an index beyond the end, a step into a scalar.
const model::AttributeValue* Resolve(const model::Item& item, const Path& path);

}  // namespace millrace::expr
