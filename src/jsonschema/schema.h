// Schema is a JSON Schema document, checked and ready to check others against it.
//
// draft-07, and of 2020-12 what says the same; docs/reference/schemas.md says what differs. Numbers keep all their
// digits: nothing here is a double. Patterns are RE2's: linear in the text. The structure is checked by Valijson, with
// its own numbers and patterns replaced.
//
// Threads:   immutable; Validate may be called by any number of threads.
// Failure:   Compile: InvalidArgument that says where in the schema and what to do.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "json/value.h"
#include "jsonschema/limits.h"

namespace millrace::jsonschema {

class Schema {
 public:
  static Result<std::shared_ptr<const Schema>> Compile(std::string_view text);
  ~Schema();

  // Nothing, or where and why it does not keep to the schema: "at $.Timestamp, which is \"x\": …".
  // More levels than limits::kDocumentNestingMax keep to no schema.
  std::optional<std::string> Validate(const json::Value& value) const;
  // Parses and validates; text that is not JSON does not keep to any schema.
  std::optional<std::string> ValidateText(std::string_view text) const;

 private:
  struct Compiled;  // the only thing that knows the library
  explicit Schema(std::unique_ptr<Compiled> compiled);

  std::unique_ptr<Compiled> compiled_;
};

}  // namespace millrace::jsonschema
