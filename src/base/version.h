// The version of this program. It stands in CMakeLists.txt.
//
// Threads: a constant.
#pragma once

#include <string_view>

namespace millrace {

// "0.1.0".
std::string_view ProgramVersion();

}  // namespace millrace
