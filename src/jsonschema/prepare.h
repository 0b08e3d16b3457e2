// Prepare reads a JSON Schema document strictly and writes it as the validator takes it.
//
// A schema is refused rather than half understood: keywords that are unknown or not supported, references that lead
// nowhere or round in a circle, and whatever is beyond the limits are errors. The result has
//
//   - only keywords that check something,
//   - each subschema that a reference names under "definitions", by number, the root as "0", and the references there,
//   - what Rules checks together under one keyword, kRulesKeyword.
//
// Threads:   pure.
// Failure:   InvalidArgument: "at #/properties/age: 'requird' is no keyword; did you mean 'required'?"
#pragma once

#include <string>

#include "base/error.h"
#include "json/value.h"

namespace millrace::jsonschema {

inline constexpr std::string_view kRulesKeyword = "$rules";

Result<std::string> Prepare(const json::Value& schema);

}  // namespace millrace::jsonschema
