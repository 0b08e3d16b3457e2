// Nearest finds the name that somebody probably meant.
//
// Threads:   pure function.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace millrace {

// Edits between two words: letters added, dropped, changed or swapped with their neighbour. Case does not count.
std::size_t EditDistance(std::string_view a, std::string_view b);

// The candidate closest to `word` (letters added, dropped, changed or swapped; case does not count), or an empty view
// when none is close enough. The view is into `candidates`.
std::string_view Nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace millrace
