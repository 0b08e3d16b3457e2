// ParseUpdate turns the text of an UpdateExpression into a program.
//
// Threads: pure function.
// Failure: InvalidArgument with AWS's words.
#pragma once

#include <string_view>

#include "base/error.h"
#include "expr/placeholders.h"
#include "expr/update_program.h"

namespace millrace::expr {

Result<UpdateProgram> ParseUpdate(std::string_view text, Placeholders& placeholders);

}  // namespace millrace::expr
