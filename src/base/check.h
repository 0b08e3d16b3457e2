// CHECK(condition, ...) ends the process with file, line and a message when a bug is found. On in release builds.
//
// No input may cause a CHECK to fail; what input can cause is an Error (base/error.h). DCHECK is for hot loops and
// vanishes in release builds.
#pragma once

#include <string_view>

namespace millrace {

[[noreturn]] void CheckFailed(const char* file, int line, const char* condition, std::string_view message);

}  // namespace millrace

#define CHECK(condition, ...)                                                                      \
  do {                                                                                             \
    if (!(condition)) [[unlikely]]                                                                 \
      ::millrace::CheckFailed(__FILE__, __LINE__, #condition, ::std::string_view("" __VA_ARGS__)); \
  } while (false)

#ifdef NDEBUG
#define DCHECK(condition, ...) \
  do {                         \
  } while (false)
#else
#define DCHECK(condition, ...) CHECK(condition, __VA_ARGS__)
#endif

// MUST(expr): the value of a Result that cannot be an error here; say why beside the call.
#define MUST(expr)                                                                                            \
  ([&]() {                                                                                                    \
    auto must_result = (expr);                                                                                \
    if (!must_result.ok()) ::millrace::CheckFailed(__FILE__, __LINE__, #expr, must_result.error().message()); \
    return *std::move(must_result);                                                                           \
  }())
