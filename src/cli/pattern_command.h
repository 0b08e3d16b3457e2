// PatternTest, PatternExplain and PatternFilter are `millrace pattern test`, `explain` and `filter`: event patterns
// without a server.
#pragma once

#include <cstddef>
#include <string>

#include "cli/io.h"
#include "pattern/parse_options.h"

namespace millrace::cli {

inline constexpr std::size_t kEventBytesMax = 16 * 1024 * 1024;  // one line of `pattern filter` and `pattern cases`

// A pattern and an event are each JSON text (what begins with { after spaces), "-" for standard input, or a file's
// name. Exit code: 0 match, 1 no match, 3 one of the two is not valid.
int PatternTest(const std::string& pattern, const std::string& event, const pattern::ParseOptions& options, Io& io);

// The same, and says field by field why.
int PatternExplain(const std::string& pattern, const std::string& event, const pattern::ParseOptions& options, Io& io);

// Copies the lines of standard input that are events and match. Exit code: 0, 8 if a line was no event, 3 if the
// pattern is not valid.
int PatternFilter(const std::string& pattern, const pattern::ParseOptions& options, Io& io);

}  // namespace millrace::cli
