// Functions runs functions of AWS Lambda's kind as supervised local processes, and invokes them.
//
// Each process speaks the Lambda Runtime API with a listener of its own on the loopback interface, so that any runtime
// interface client works unchanged; Node.js and Python get an embedded bootstrap. A process has one invocation at a
// time; more are started when invocations wait, up to the function's concurrency, and stopped when they have been idle.
//
// A function that crashes, hangs, floods its output or outgrows its memory costs its own invocation: the process group
// is killed, the result says what happened, as AWS words it, and other functions notice nothing. Processes never
// outlive this process, however it ends; what they start in a session of its own is out of reach, and may.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
//
// Threads:   thread-safe; nothing blocks but Start and Stop. `done` runs on any thread, also before Invoke returns, and
//            must not block.
// Ownership: clock and random outlive it. Stop answers everything that is open, kills all processes and joins.
// Failure:   what becomes of an invocation is in its result; an Error is for what is not a function's doing.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "functions/function_options.h"

namespace millrace::functions {

// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
inline constexpr std::size_t kPayloadBytesMax = std::size_t{6} << 20;
inline constexpr std::size_t kResponseBytesMax = 6'291'556;
inline constexpr std::size_t kAsyncPayloadBytesMax = std::size_t{1} << 20;
inline constexpr std::size_t kLogTailBytes = std::size_t{4} << 10;

enum class InvokeStatus : std::uint8_t {
  kOk,             // the function answered: `payload`
  kFunctionError,  // it reported an error: `payload` is the error document
  kTimedOut,       // it was killed at its deadline
  kCrashed,        // its process ended before it answered
  kOutOfMemory,    // it was killed for its memory
  kInitFailed,     // no process of it comes up
  kTooLarge,       // the answer is larger than allowed
  kThrottled,      // as many wait as may: try again later
  kNotFound,       // there is no such function, or it was removed meanwhile
  kBadRequest,     // the event is larger than allowed
  kStopping,       // this registry is stopping
};
std::string_view InvokeStatusName(InvokeStatus status);

struct InvokeOptions {
  std::string request_id = {};      // empty: one is made
  std::string trace_id = {};        // X-Amzn-Trace-Id; empty: one is made
  std::string client_context = {};  // JSON
  bool log_tail = false;
  // Less than the function's own timeout, if set.
  std::optional<std::chrono::milliseconds> timeout = {};
};

struct InvokeResult {
  InvokeStatus status = InvokeStatus::kOk;
  std::string request_id = {};
  // What Invoke of AWS answers: the function's answer, or {"errorType": …, "errorMessage": …}.
  std::string payload = {};
  // X-Amz-Function-Error: "Unhandled", or empty. Empty also if the function was not run (kThrottled and below).
  std::string function_error = {};
  std::string error_type = {};     // "Runtime.ExitError"
  std::string error_message = {};  // "RequestId: … Error: Runtime exited with error: exit status 1"
  std::string log_tail = {};       // of this invocation, at most kLogTailBytes
  std::string executed_version = {};
  std::chrono::nanoseconds duration{0};
  std::optional<std::chrono::nanoseconds> init_duration = {};  // of the process, if this was its first invocation

  bool ok() const { return status == InvokeStatus::kOk; }
  // The function was run, or was to be run and could not.
  bool function_failed() const { return !ok() && status < InvokeStatus::kThrottled; }
};

// One line that a function wrote, or that tells of an invocation (START, END, REPORT).
struct LogLine {
  std::string_view function;
  std::string_view request_id;  // empty: outside of any invocation
  std::int64_t time_ms;
  bool platform;  // ours, not the function's
  std::string_view text;
};

struct FunctionStats {
  std::uint64_t invocations = 0;
  std::uint64_t errors = 0;  // function_failed()
  std::uint64_t throttles = 0;
  std::uint64_t starts = 0;  // of processes
  std::uint64_t init_failures = 0;
  std::uint64_t waiting = 0;    // invocations without a process
  std::uint64_t running = 0;    // invocations with one
  std::uint64_t processes = 0;  // alive
  std::chrono::nanoseconds last_init{0};
  std::uint32_t memory_mib = 0;  // of the largest process, when it was last looked at
  std::string last_error;
};

struct FunctionsOptions {
  std::string account = "000000000000";
  std::string region = "us-east-1";
  std::string endpoint_url = {};  // AWS_ENDPOINT_URL for functions; empty: none
  // Called with a lock held: must neither block nor call Functions.
  std::function<void(const LogLine&)> log = {};
};

class Functions {
 public:
  using Done = std::function<void(InvokeResult)>;

  Functions(FunctionsOptions options, const Clock& clock, Random& random);
  ~Functions();  // stops
  Functions(const Functions&) = delete;
  Functions& operator=(const Functions&) = delete;

  Status Start();
  // Idempotent. REQUIRES: not called from `done`.
  void Stop();

  // AlreadyExists if there is one of that name. Starts `warm` processes.
  Status Add(FunctionOptions options);
  // NotFound, or what Add would say. Processes finish what they do, then new ones take over.
  Status Update(FunctionOptions options);
  // Answers what waits and kills what runs. NotFound.
  Status Remove(std::string_view name);

  void Invoke(std::string_view name, std::string payload, InvokeOptions options, Done done);

  std::optional<FunctionOptions> Find(std::string_view name) const;
  std::vector<FunctionOptions> List() const;  // by name
  std::optional<FunctionStats> Stats(std::string_view name) const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace millrace::functions
