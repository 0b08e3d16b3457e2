// Error says why an operation could not be done, for the caller to propagate, retry or report.
//
// A Result<T> holds a value or an Error. Outcomes that the immediate caller branches on (item absent, condition
// failed) belong in the value; an Error is for the rest; a bug is a CHECK (base/check.h).
//
// Threads:   immutable value.
// Ownership: plain value; the error part is one pointer, so a Result of a small T stays small.
#pragma once

#include <fmt/core.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace millrace {

// The closed, generic list. What the user sees on the wire is decided by the module that speaks the protocol,
// from the code and the reason.
enum class ErrorCode : unsigned char {
  kInvalidArgument,     // the request is wrong and stays wrong
  kNotFound,            // what it names does not exist
  kAlreadyExists,       // what it creates exists
  kFailedPrecondition,  // the state forbids it now: table in use, stream disabled
  kResourceExhausted,   // a limit was reached
  kUnavailable,         // try again: peer down, shutting down
  kTimeout,             // no answer in time
  kCancelled,           // asked to stop
  kCorruption,          // stored bytes are not what was written
  kIo,                  // disk or socket failed
  kUnimplemented,       // known but not supported
  kInternal,            // ours
};

std::string_view ErrorCodeName(ErrorCode code);

// The one place where retry policy lives.
bool IsRetryable(ErrorCode code);

class [[nodiscard]] Error {
 public:
  // `reason` is a constant with static lifetime, owned by the module that makes the error; it may be empty.
  Error(ErrorCode code, std::string_view reason, std::string message)
      : state_(std::make_unique<State>(State{code, reason, std::move(message)})) {}
  Error(const Error& other) : state_(std::make_unique<State>(*other.state_)) {}
  Error& operator=(const Error& other) {
    state_ = std::make_unique<State>(*other.state_);
    return *this;
  }
  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;
  ~Error() = default;

  ErrorCode code() const { return state_->code; }
  std::string_view reason() const { return state_->reason; }
  const std::string& message() const { return state_->message; }

  // "opening table 'orders': no such file". Used at module borders.
  Error WithContext(std::string_view context) const;
  // "NotFound: no such table", for logs.
  std::string ToString() const;

 private:
  struct State {
    ErrorCode code;
    std::string_view reason;
    std::string message;
  };
  std::unique_ptr<State> state_;  // never null except after a move
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  Result(Error error) : tl::expected<T, Error>(tl::unexpect, std::move(error)) {}  // NOLINT: implicit by design

  bool ok() const { return this->has_value(); }
};

// Success without a value.
struct Unit {
  bool operator==(const Unit&) const = default;
};
using Status = Result<Unit>;
inline Status Ok() {
  return Status(Unit{});
}

template <class... Args>
Error Err(ErrorCode code, std::string_view reason, fmt::format_string<Args...> format, Args&&... args) {
  return Error(code, reason, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
Error InvalidArgument(fmt::format_string<Args...> format, Args&&... args) {
  return Error(ErrorCode::kInvalidArgument, {}, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace millrace

#define MILLRACE_CONCAT_INNER(a, b) a##b
#define MILLRACE_CONCAT(a, b) MILLRACE_CONCAT_INNER(a, b)

// TRY(expr): returns the error of a Result to the caller, drops the value.
#define TRY(expr) TRY_INNER(MILLRACE_CONCAT(try_, __LINE__), expr)
#define TRY_INNER(result, expr)                                               \
  do {                                                                        \
    if (auto result = (expr); !result.ok()) return std::move(result).error(); \
  } while (false)

// ASSIGN_OR_RETURN(auto x, expr): the value, or return the error.
#define ASSIGN_OR_RETURN(lhs, expr) ASSIGN_OR_RETURN_INNER(MILLRACE_CONCAT(result_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_INNER(result, lhs, expr)     \
  auto result = (expr);                               \
  if (!result.ok()) return std::move(result).error(); \
  lhs = *std::move(result)
