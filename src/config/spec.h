// The specification of millrace.yaml: every key, what it takes and what it is for, declared once.
//
// The parser reads keys only through it (fields.h), and the JSON Schema for editors and the tables of
// docs/reference/configuration.md are made from it (schema.h), so none of them can know a key that the others do not.
//
// Threads:   constants.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace millrace::config {

struct Object;

enum class FieldKind : std::uint8_t {
  kVersion,      // the number 1
  kText,         // accepted by `accepts`, if given
  kInteger,      // from low to high
  kDuration,     // from low to high, in milliseconds
  kChoice,       // one of `choices`, or false if `or_false`
  kFlag,         // true or false
  kCount,        // from low to high, or the word `choices[0]` for no limit
  kKey,          // a table's key: an attribute, or two
  kReference,    // kind/name, of `kinds`
  kReferences,   // the same, or a list of up to `high`
  kPattern,      // an event pattern, written as YAML
  kPatterns,     // the same, or a list of up to `high`
  kPatternText,  // an event pattern, as JSON text
  kTexts,        // a mapping of names to text, up to `high`
  kTextList,     // text, or a list of up to `high`
  kJson,         // any value, as JSON text
  kInput,        // an input template as text, or a mapping with the keys of `object`
  kObject,       // a mapping with the keys of `object`
  kObjects,      // a list of up to `high` such mappings
  kNamed,        // a mapping of up to `high` names, of name_low to name_high characters, to such mappings
  kIgnored,      // anything, and without effect
  kUnsupported,  // known to the language, not to this version
};

struct Field {
  std::string_view name;
  FieldKind kind = FieldKind::kUnsupported;
  // One sentence for people; of an unsupported field, what to do instead, or nothing.
  std::string_view summary = {};
  std::string_view otherwise = {};  // the default, in words or as a value
  bool required = false;
  bool or_false = false;
  bool headers = false;  // texts: the names are those of HTTP headers
  std::int64_t low = 0;
  std::int64_t high = 0;
  std::span<const std::string_view> choices = {};
  std::span<const RefKind> kinds = {};
  std::span<const std::string_view> later = {};  // kinds that the language allows there and this version lacks
  const Object* object = nullptr;
  std::size_t name_low = 1;
  std::size_t name_high = 255;
  std::string_view pattern = {};  // texts: the same rule as `accepts`, as a regular expression
  std::string_view wants = {};    // texts: the same rule in words, "twelve digits"
  bool (*accepts)(std::string_view) = nullptr;
};

struct Object {
  std::string_view name;  // "table", "pipe", …
  std::span<const Field> fields;
  // Exactly one of the fields that are not required must be there.
  bool exactly_one = false;

  const Field* Find(std::string_view field) const;
};

// The whole file.
const Object& Specification();
// All objects, the file first, each once: for documents.
std::vector<const Object*> AllObjects();

// Letters, digits, dot, underscore and hyphen, low to high of them.
bool IsName(std::string_view name, std::size_t low, std::size_t high);

// An address of this machine only: 127.0.0.0/8, ::1 or localhost. Without authentication nothing else may be listened
// on.
bool IsLoopbackHost(std::string_view host);
// "host:port" or "[::1]:port"; false when it is neither.
bool SplitHostPort(std::string_view text, std::string_view& host, std::uint16_t& port);

}  // namespace millrace::config
