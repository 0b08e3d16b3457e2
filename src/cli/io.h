// Io is what a command reads and writes: data to `out`, messages to `err`. Commands never touch the process's own
// streams, so that tests run them as functions.
//
// Threads:   externally synchronised.
// Ownership: the streams outlive it.
#pragma once

#include <chrono>
#include <functional>
#include <istream>
#include <ostream>
#include <string>
#include <string_view>

#include "app/dev.h"

namespace millrace::cli {

struct Io {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  // The value of an environment variable, or the empty string.
  std::function<std::string(std::string_view)> environment;
  std::string working_directory;
  // What `millrace dev` starts.
  std::function<int(const app::DevOptions&)> run_dev;
  // Lets so much time pass; false: stop. For what is shown again and again.
  std::function<bool(std::chrono::milliseconds)> wait = {};

  // Settled by the flag --color, the streams and the environment.
  bool color_out = false;
  bool color_err = false;
};

// `choice` is auto, always or never. Auto: on a terminal, unless NO_COLOR (https://no-color.org) or TERM=dumb says
// otherwise; CLICOLOR_FORCE colours without a terminal.
void SettleColor(Io& io, std::string_view choice);

// "error: what" on `err`, with why and how to mend it on lines of their own. Empty parts are left out.
void Complain(Io& io, std::string_view what, std::string_view why = {}, std::string_view fix = {});

}  // namespace millrace::cli
