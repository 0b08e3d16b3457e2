// Parameters are what a request of the admin API asks for: the fields of its query, or the members of its JSON body.
//
// Threads:   externally synchronised.
// Failure:   InvalidArgument that names the field.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "flow/log.h"

namespace millrace::api::admin {

class Parameters {
 public:
  // "flow=pipe%2Fx&limit=10". Every name once, only those that are known.
  static Result<Parameters> Parse(std::string_view query, std::span<const std::string_view> known);

  // Empty if it was not given.
  const std::string& Text(std::string_view name) const;
  // From `least` to `most`; `otherwise` if it was not given.
  Result<std::uint64_t> Number(std::string_view name, std::uint64_t least, std::uint64_t most,
                               std::uint64_t otherwise) const;

 private:
  std::map<std::string, std::string, std::less<>> fields_;
};

// A place in a log in words: "trim-horizon", "latest", a sequence number, a time ("2026-01-31T12:00:00Z"), or how long
// ago ("15m").
Result<flow::Start> ParseStart(std::string_view text, std::int64_t now_ms);
std::optional<std::uint64_t> ParseNumber(std::string_view text);

}  // namespace millrace::api::admin
