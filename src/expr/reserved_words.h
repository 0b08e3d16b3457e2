// DynamoDB's reserved words: names that an expression may not use as they are, only through a #placeholder.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html (573 words)
//
// Threads: pure functions.
#pragma once

#include <span>
#include <string_view>

namespace millrace::expr {

// Whatever the case of `name`.
bool IsReservedWord(std::string_view name);

// All of them, in upper case and ascending order.
std::span<const std::string_view> ReservedWords();

}  // namespace millrace::expr
