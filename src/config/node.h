// Node is one value of a YAML 1.2 document, with its place in the file.
//
// Threads:   immutable once parsed.
// Ownership: shared: an alias is the very node it names, so a file that multiplies itself by aliases costs no memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"

namespace millrace::config {

enum class NodeType : std::uint8_t { kNull, kBool, kInteger, kFloat, kText, kSequence, kMapping };
// "null", "true or false", "a whole number", "a number", "text", "a list", "a mapping": for messages.
std::string_view NodeTypeName(NodeType type);

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct Entry {
  std::string key;
  NodeType key_type = NodeType::kText;
  Span key_span;
  NodePtr value;  // never null
};

struct Node {
  NodeType type = NodeType::kNull;
  std::string text;            // scalars: as written, quotes and escapes resolved
  std::string function;        // of CloudFormation, such as !GetAtt, which makes the value; mostly none
  std::vector<NodePtr> items;  // sequences
  std::vector<Entry> entries;  // mappings: keys are unique scalars, in the order of the file
  Span span;
  // Of the whole tree below, aliases expanded.
  std::size_t nodes = 1;
  std::size_t bytes = 0;
  std::size_t height = 1;

  bool is_null() const { return type == NodeType::kNull; }
  bool is_mapping() const { return type == NodeType::kMapping; }
  bool is_sequence() const { return type == NodeType::kSequence; }
  bool is_text() const { return type == NodeType::kText; }
  // The value of that key, or null.
  const Node* Find(std::string_view key) const;
};

}  // namespace millrace::config
