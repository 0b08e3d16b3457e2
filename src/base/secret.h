// Secret is a text that must never be seen: formatted, it prints as ***. Whoever needs it says so by Reveal().
//
// Threads: plain value.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace millrace {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  // For sending it to whom it belongs. What comes back goes into no log, error or metric.
  const std::string& Reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

}  // namespace millrace

template <>
struct fmt::formatter<millrace::Secret> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const millrace::Secret&, Context& context) const {
    return fmt::formatter<std::string_view>::format("***", context);
  }
};
