// PatternCases is `millrace pattern cases`: runs a file of patterns, events and what is expected of them.
#pragma once

#include <string>

#include "cli/io.h"
#include "pattern/parse_options.h"

namespace millrace::cli {

// One case per line of a file, or of standard input for "-"; empty lines are skipped:
//
//   {"r": PATTERN, "e": EVENT, "match": true|false}
//   {"r": PATTERN, "error": "its words"}                    the pattern must be refused, with these words if given
//   {"rules": {"name": PATTERN, …}, "e": EVENT, "matches": ["name", …]}
//
// A pattern and an event are each a JSON text in a string, or the object itself. "n" is a name for messages.
//
// Prints each failure with its line number and "N passed, N failed". Exit code: 0 all passed, 1 some failed, 3 the file
// cannot be read.
int PatternCases(const std::string& file, const pattern::ParseOptions& options, Io& io);

}  // namespace millrace::cli
