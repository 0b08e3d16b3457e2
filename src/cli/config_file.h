// ConfigFile is a millrace.yaml as the commands find it, read it and show what is wrong with it.
//
// Threads:   functions over values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/io.h"
#include "config/parse.h"

namespace millrace::cli {

inline constexpr std::string_view kConfigName = "millrace.yaml";

// The nearest millrace.yaml in that directory or above it.
std::optional<std::string> FindConfig(const std::string& directory);

struct ConfigFile {
  std::string name;  // as diagnostics show it
  std::string text;
  config::ParseOutcome outcome;
};
// `path` is absolute or relative to the working directory; "-" is standard input. A file that cannot be read is a
// diagnostic too.
ConfigFile ReadConfig(const Io& io, const std::string& path);

// "2 errors and 1 warning", "no problems".
std::string CountText(const std::vector<config::Diagnostic>& diagnostics);

// `path` as seen from the working directory; absolute paths stay.
std::string Resolved(const Io& io, const std::string& path);

// Up to `limit` bytes and one more of a stream.
std::string ReadAll(std::istream& in, std::size_t limit);

}  // namespace millrace::cli
