// FunctionOptions says what a function is: what is run for it, where, with what, and within which limits.
//
// The words are those of AWS Lambda: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
//
// Threads: plain value.
// Failure: CheckFunctionOptions returns InvalidArgument that names what is wrong and its limit.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace millrace::functions {

enum class Runtime : std::uint8_t {
  kNode,    // the embedded Node.js bootstrap; handler "dir/file.export"
  kPython,  // the embedded Python bootstrap; handler "dir/file.function"
  kNative,  // an executable that speaks the Runtime API: the handler if it names one, else "bootstrap"
};

using Environment = std::vector<std::pair<std::string, std::string>>;

struct FunctionOptions {
  static constexpr std::size_t kNameBytesMax = 140;
  static constexpr std::size_t kEnvironmentBytesMax = 4096;  // as AWS: all names and values
  static constexpr std::chrono::milliseconds kTimeoutMax{900'000};
  static constexpr std::uint32_t kMemoryMin = 64;
  static constexpr std::uint32_t kMemoryMax = 32'768;
  static constexpr std::uint32_t kConcurrencyMax = 1'000;
  static constexpr std::size_t kCommandWordsMax = 100;

  std::string name = {};
  // What it is known by to Functions; empty: its name. So functions of several accounts may have one name.
  std::string id = {};
  // Where it thinks it runs; empty: the registry's.
  std::string account = {};
  std::string region = {};
  std::string arn = {};  // empty: made of the above
  Runtime runtime = Runtime::kNode;
  std::string handler = {};    // "src/AddBook.handler"
  std::string directory = {};  // the task root, an absolute path
  // What is executed instead of what the runtime would be: a command and its arguments, no shell. It must speak the
  // Runtime API.
  std::vector<std::string> command = {};
  Environment environment = {};
  std::chrono::milliseconds timeout{3'000};
  std::uint32_t memory_mib = 128;
  std::uint32_t concurrency = 10;                   // processes at most, each with one invocation at a time
  std::uint32_t warm = 0;                           // processes that are kept, also when idle
  std::chrono::milliseconds idle_timeout{300'000};  // of the others
  std::chrono::milliseconds init_timeout{10'000};   // from the start of a process until it asks for its first event
  std::size_t queue_max = 1'000;                    // invocations that wait for a process
  std::size_t queue_bytes_max = std::size_t{64} << 20;
  bool watch = true;  // new processes when files in the directory change
  std::string version = "$LATEST";

  const std::string& key() const { return id.empty() ? name : id; }
  bool operator==(const FunctionOptions&) const = default;
};

Status CheckFunctionOptions(const FunctionOptions& options);

// What a function's environment may not set, since Lambda does.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
bool IsReservedVariable(std::string_view name);

}  // namespace millrace::functions
