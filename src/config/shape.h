// Shape is what is known before anything runs about the JSON that reaches a pattern: which fields it can have, and
// which texts they can hold.
//
// A pattern that asks for a field which no event can have matches nothing, silently; a shape is how `check` says so.
// A shape never claims more than is certain: where anything is possible it is kAny.
//
// Threads:   plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "config/node.h"

namespace millrace::config {

struct Shape {
  enum class Kind : std::uint8_t {
    kAny,     // nothing is known
    kTexts,   // one of `texts`
    kObject,  // an object with some of `fields` and no others
    kMap,     // an object with any names, each value of the shape of fields[0]
  };
  Kind kind = Kind::kAny;
  std::vector<std::string> texts;
  std::vector<std::pair<std::string, Shape>> fields;

  static Shape Any() { return {}; }
  static Shape Texts(std::vector<std::string> texts) { return {Kind::kTexts, std::move(texts), {}}; }
  static Shape Object(std::vector<std::pair<std::string, Shape>> fields) {
    return {Kind::kObject, {}, std::move(fields)};
  }
  static Shape Map(Shape value) { return {Kind::kMap, {}, {{"", std::move(value)}}}; }
};

// The stream record of a change of that table, as pipes see it.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
Shape RecordShape(const Table& table);
// The event that the pipe sends to a bus.
Shape EventShape(const Pipe& pipe, const Table& table);

// Why a pattern cannot match.
struct Mismatch {
  Span span;                          // the key or the value that cannot be
  std::string path;                   // "detail.UpdatedFeilds"
  std::string wants;                  // the text asked for; empty: the field itself
  std::vector<std::string> possible;  // the fields or texts that can be there
};
// The first reason why nothing of that shape can match the pattern, or none. The pattern is a mapping.
std::optional<Mismatch> FindMismatch(const Node& pattern, const Shape& shape);

}  // namespace millrace::config
