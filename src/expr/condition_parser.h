// ParseCondition turns the text of a ConditionExpression, FilterExpression or KeyConditionExpression into a program.
//
// The boolean structure is parsed with an explicit stack, so parentheses and NOTs nest as deep as the text allows;
// functions nest by recursion, bounded by the limit of operators.
//
// Threads: pure function.
// Failure: InvalidArgument with AWS's words.
#pragma once

#include <string_view>

#include "base/error.h"
#include "expr/condition_program.h"
#include "expr/kind.h"
#include "expr/placeholders.h"

namespace millrace::expr {

Result<ConditionProgram> ParseCondition(std::string_view text, Placeholders& placeholders, ExpressionKind kind);

}  // namespace millrace::expr
