// The JSON Schemas that a configuration names and does not hold itself.
//
// Threads:   functions over values.
// Failure:   LoadSchemas: a file that cannot be read, or is no schema, is a diagnostic at its name.
#pragma once

#include <string>
#include <string_view>

#include "config/parse.h"

namespace millrace::config {

// Reads the files of `schemas`, relative to `directory`, and hands each pipe the one that it validates with. `file` is
// what diagnostics call the configuration. Of an outcome without a configuration nothing is read.
void LoadSchemas(std::string_view file, const std::string& directory, ParseOutcome& outcome);

// Hands each pipe the schema that it names, as far as it is there.
void UseSchemas(Config& config);

}  // namespace millrace::config
