// Explanation says, field by field, why an event matches a pattern or why it does not.
//
// It is made by the same parts as Pattern::Matches and comes to the same answer. Of a pattern with "$or" (or several
// "millrace:all-of" in one field) it shows the combination of branches that matches or, if none does, the one of which
// fewest fields failed.
//
// Threads:   pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "json/value.h"
#include "pattern/pattern.h"

namespace millrace::pattern {

struct FieldExplanation {
  enum class Verdict : std::uint8_t {
    kMet,
    kFailed,
    kApart,  // met, but in another element of an array than the rest of the pattern
  };
  enum class Found : std::uint8_t { kNothing, kEmptyArray, kObject, kValues };

  Verdict verdict = Verdict::kFailed;
  std::string path;
  std::string wants;  // the pattern's own text, if ParseOptions::keep_source
  Found found = Found::kNothing;
  // As JSON, long ones cut. If met: the value that met it, or none where absence did. Otherwise the first few.
  std::vector<std::string> values;
  std::size_t value_count = 0;  // all that the event has there
  std::string hint;             // a probable reason, in words; may be empty
  // Of a field that is not there: what was probably meant, and what the event has there. May be empty.
  std::string nearest;
  std::string nearest_value;
};

struct Explanation {
  bool matches = false;
  std::string problem;  // why there is no match, if that is not for the fields: the event is no object, …
  std::vector<FieldExplanation> fields;
  std::size_t failed = 0;  // fields that are not met
  // The array of which no element holds all the fields that are apart.
  std::string apart_in;
  std::size_t combinations = 1;
  // Of the combinations not shown, the first few: the paths that failed.
  std::vector<std::vector<std::string>> others;
};

Explanation Explain(const Pattern& pattern, const json::Value& event);

// As a person reads it. Ends with a newline.
std::string RenderText(const Explanation& explanation);

}  // namespace millrace::pattern
