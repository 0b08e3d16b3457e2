// Plain YAML scalars by the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema), and durations.
//
// Threads:   pure functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/node.h"

namespace millrace::config {

// What an unquoted scalar is: null, a boolean, a number or text. `no` and `1_000` are text; `012` is a whole number.
NodeType ResolvePlain(std::string_view text);

// The number as JSON writes it, with every digit kept: `012` -> 12, `+.5` -> 0.5, `0x1F` -> 31.
// REQUIRES: ResolvePlain(text) is kInteger or kFloat. None for infinities and not-a-number, which JSON lacks.
std::optional<std::string> JsonNumber(std::string_view text);

// A whole number of either sign that fits. REQUIRES: ResolvePlain(text) is kInteger. None beyond 64 bits.
std::optional<std::int64_t> ToInteger(std::string_view text);

// "30s", "1h30m", "500ms": one or more counts with a unit of ms, s, m, h or d. None beyond a hundred years.
std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text);
// The shortest such text.
std::string DurationText(std::chrono::milliseconds duration);

}  // namespace millrace::config
