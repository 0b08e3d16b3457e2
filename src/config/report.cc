#include "config/report.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "config/limits.h"

namespace millrace::config {

void Report::Add(std::string_view code, Span span, std::string_view ref, Says says) {
  const Level level = code.front() == 'W' ? Level::kWarning : Level::kError;
  if (level == Level::kError) ++errors_;
  if (kept_.size() >= limits::kDiagnosticsMax) {
    ++left_out_;
    return;
  }
  kept_.push_back({code, level, std::move(says.message), file_, span, std::string(ref), std::move(says.why),
                   std::move(says.fix), says.conceal});
}

std::vector<Diagnostic> Report::Take() {
  std::stable_sort(kept_.begin(), kept_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::pair(a.span.line, a.span.col) < std::pair(b.span.line, b.span.col);
  });
  if (left_out_ > 0) {
    // An error only if one was left out, so that warnings alone never make a file invalid.
    const auto kept_errors = static_cast<std::size_t>(
        std::count_if(kept_.begin(), kept_.end(), [](const Diagnostic& d) { return d.level == Level::kError; }));
    const Level level = errors_ > kept_errors ? Level::kError : Level::kWarning;
    kept_.push_back({code::kTooMany,
                     level,
                     fmt::format("{} more problems are not shown", left_out_),
                     file_,
                     {},
                     {},
                     {},
                     "mend the ones above and check again",
                     false});
    left_out_ = 0;
  }
  return std::move(kept_);
}

}  // namespace millrace::config
