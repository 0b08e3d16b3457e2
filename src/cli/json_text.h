// JSON for people: indented, in the order in which it came, numbers as they were written.
//
// Threads: a function without state.
#pragma once

#include <string>

#include "json/value.h"

namespace millrace::cli {

// Ends without a newline. Lines after the first are indented by `indent` spaces more.
std::string Indented(const json::Value& value, std::size_t indent = 0);

}  // namespace millrace::cli
