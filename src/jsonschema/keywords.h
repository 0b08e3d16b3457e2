// The keywords of JSON Schema that are understood: those of draft-07, and of 2020-12 what says the same in other words.
//
// https://json-schema.org/draft-07/json-schema-validation
// https://json-schema.org/draft/2020-12/json-schema-validation
//
// Threads: constants and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::jsonschema {

enum class KeywordKind : std::uint8_t {
  kAnnotation,      // checks nothing
  kReference,       // $ref
  kTypes,           // a type's name, or a list of them
  kCount,           // a whole number
  kNames,           // a list of names
  kRule,            // see rules.h
  kSchema,          // one subschema
  kSchemas,         // a list of them
  kItems,           // one, or a list of them
  kNamedSchemas,    // a mapping to them
  kDependentNames,  // a mapping to lists of names
  kDependencies,    // a mapping to subschemas or lists of names
};

struct Keyword {
  std::string_view name;
  KeywordKind kind;
  // A subschema that looks at the same value, not at a part of it.
  bool same_value = false;
};

const Keyword* FindKeyword(std::string_view name);
// For a keyword that is not understood: "did you mean 'required'?", or what to do instead.
std::string HintFor(std::string_view unknown);
bool IsTypeName(std::string_view name);

}  // namespace millrace::jsonschema
