// NearestPath finds the field that a pattern probably meant when the event has none of that name: the same letters in
// another case, nearly the same letters, or the same name at another level.
//
// Threads:   pure function.
// Ownership: the value found belongs to the event.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "json/value.h"

namespace millrace::pattern {

struct FoundPath {
  std::string path;
  const json::Value* value;
};

// None if nothing is close. Of a large event, only the beginning is searched.
std::optional<FoundPath> NearestPath(const json::Value& event, std::string_view path);

}  // namespace millrace::pattern
