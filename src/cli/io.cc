#include "cli/io.h"

namespace millrace::cli {

void SettleColor(Io& io, std::string_view choice) {
  const std::string force = io.environment("CLICOLOR_FORCE");
  const bool never = choice == "never" || (choice == "auto" && !io.environment("NO_COLOR").empty());
  const bool always = choice == "always" || (!never && !force.empty() && force != "0");
  const bool dumb = io.environment("TERM") == "dumb";
  io.color_out = !never && (always || (io.out_is_terminal && !dumb));
  io.color_err = !never && (always || (io.err_is_terminal && !dumb));
}

void Complain(Io& io, std::string_view what, std::string_view why, std::string_view fix) {
  const bool color = io.color_err;
  io.err << (color ? "\x1b[1;31merror\x1b[0m: " : "error: ") << what << '\n';
  if (!why.empty()) io.err << "  = why: " << why << '\n';
  if (!fix.empty()) io.err << "  = fix: " << fix << '\n';
}

}  // namespace millrace::cli
