// What is made from the specification: the JSON Schema for editors and the tables of the reference page.
//
// Threads:   pure functions.
#pragma once

#include <string>

#include "config/spec.h"

namespace millrace::config {

// docs/reference/millrace.schema.json (draft 2020-12), indented, with a final newline.
std::string JsonSchema();

// The keys of one object as a Markdown table.
std::string MarkdownTable(const Object& object);

}  // namespace millrace::config
