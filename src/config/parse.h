// Parse turns the text of a millrace.yaml into a Config, or says everything that is wrong with it.
//
// Any bytes are safe input: size, nesting and alias expansion are bounded, and YAML is read by the rules of YAML 1.2
// (`no` is text, `012` is twelve, a repeated key is an error).
//
// Threads:   pure functions; ReadConfigFile reads the disk.
// Failure:   never an Error of ours: what is wrong is a Diagnostic with its place in the file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "config/diagnostic.h"

namespace millrace::config {

struct ParseOutcome {
  std::optional<Config> config;         // present if and only if no diagnostic is an error
  std::vector<Diagnostic> diagnostics;  // by line; warnings too
};

// `file` is the name that diagnostics show.
ParseOutcome Parse(std::string_view file, std::string_view text);

// The file's bytes; NotFound, Io, or ResourceExhausted beyond limits::kFileBytesMax.
Result<std::string> ReadConfigFile(const std::string& path);

}  // namespace millrace::config
