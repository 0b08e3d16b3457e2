// Report collects the diagnostics of one file, up to a limit.
//
// Threads:   externally synchronised.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"

namespace millrace::config {

// What a diagnostic says besides its code and place. `why` and `fix` may be empty.
struct Says {
  std::string message;
  std::string why = {};
  std::string fix = {};
  bool conceal = false;  // what stands there is not to be shown
};

class Report {
 public:
  explicit Report(std::string_view file) : file_(file) {}

  // The level follows from the code's letter. `ref` is the resource concerned, or empty.
  void Add(std::string_view code, Span span, std::string_view ref, Says says);
  bool has_errors() const { return errors_ > 0; }
  // In the order of the file; says how many were left out.
  std::vector<Diagnostic> Take();

 private:
  std::string file_;
  std::vector<Diagnostic> kept_;
  std::size_t errors_ = 0;
  std::size_t left_out_ = 0;
};

}  // namespace millrace::config
