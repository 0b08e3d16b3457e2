#include "base/version.h"

namespace millrace {

std::string_view ProgramVersion() {
  return MILLRACE_VERSION;
}

}  // namespace millrace
