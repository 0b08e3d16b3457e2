// What an operator does with dead letters: lists them, looks at one, delivers them again, forgets them.
//
// Threads:   thread-safe. RemoveLetters waits for the store, so it is not for a request thread.
// Failure:   NotFound for a flow or a number that is not there; InvalidArgument for a request that cannot be
// understood.
#pragma once

#include <string>
#include <string_view>

#include "api/admin/parameters.h"
#include "api/admin/plant.h"

namespace millrace::api::admin {

// ?flow=…&after=0&limit=100: {"flow": …, "letters": […], "next": N}. `next` only if there may be more: the next
// `after`.
Result<std::string> ListLetters(const Plant& plant, const Parameters& parameters);
// ?flow=…&number=N: the letter with its whole record.
Result<std::string> ShowLetter(const Plant& plant, const Parameters& parameters);

// {"flow": …, "all": true} or {"flow": …, "numbers": [1, 2], "ranges": [[4, 9]]}:
// {"flow": …, "redriven": 3, "missing": [2]}, or "dropped". Stored when it answers.
enum class Removal : std::uint8_t { kRedrive, kDrop };
Result<std::string> RemoveLetters(const Plant& plant, std::string_view body, Removal removal);

}  // namespace millrace::api::admin
