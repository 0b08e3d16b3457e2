#include "functions/function_options.h"

#include <algorithm>
#include <array>

namespace millrace::functions {
namespace {

constexpr std::array<std::string_view, 20> kReserved = {
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_LAMBDA_METADATA_API",
    "AWS_LAMBDA_METADATA_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
};

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}
bool HasNul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

Status CheckEnvironment(const FunctionOptions& options) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : options.environment) {
    bytes += name.size() + value.size();
    if (name.empty() || name.find('=') != std::string::npos || HasNul(name) || HasNul(value))
      return InvalidArgument("the environment of function '{}' has a variable '{}' that none can be", options.name,
                             name);
    if (IsReservedVariable(name))
      return InvalidArgument("the environment of function '{}' sets {}, which Lambda itself sets", options.name, name);
  }
  if (bytes > FunctionOptions::kEnvironmentBytesMax)
    return InvalidArgument("the environment of function '{}' has {} bytes; at most {}", options.name, bytes,
                           FunctionOptions::kEnvironmentBytesMax);
  return Ok();
}

}  // namespace

bool IsReservedVariable(std::string_view name) {
  return name == "LAMBDA_TASK_ROOT" || std::ranges::find(kReserved, name) != kReserved.end();
}

Status CheckFunctionOptions(const FunctionOptions& options) {
  const std::string& name = options.name;
  if (name.empty() || name.size() > FunctionOptions::kNameBytesMax || !std::ranges::all_of(name, IsNameCharacter))
    return InvalidArgument("'{}' is not a function's name: 1 to {} of letters, digits, '-', '_' and '.'", name,
                           FunctionOptions::kNameBytesMax);
  if (options.directory.empty() || options.directory[0] != '/' || HasNul(options.directory))
    return InvalidArgument("the directory '{}' of function '{}' is not an absolute path", options.directory, name);
  if (options.command.empty() && options.runtime != Runtime::kNative && options.handler.empty())
    return InvalidArgument("function '{}' has no handler", name);
  if (options.command.size() > FunctionOptions::kCommandWordsMax ||
      std::ranges::any_of(options.command, [](const std::string& word) { return HasNul(word); }) ||
      (!options.command.empty() && options.command[0].empty()))
    return InvalidArgument("the command of function '{}' is none, or has more than {} words", name,
                           FunctionOptions::kCommandWordsMax);
  if (HasNul(options.handler) || options.handler.size() > 128)
    return InvalidArgument("the handler of function '{}' is longer than 128 bytes", name);
  if (options.timeout.count() < 1 || options.timeout > FunctionOptions::kTimeoutMax)
    return InvalidArgument("the timeout of function '{}' is {} ms; it must be from 1 ms to {} ms", name,
                           options.timeout.count(), FunctionOptions::kTimeoutMax.count());
  if (options.init_timeout.count() < 1 || options.init_timeout > FunctionOptions::kTimeoutMax)
    return InvalidArgument("the init timeout of function '{}' is {} ms; it must be from 1 ms to {} ms", name,
                           options.init_timeout.count(), FunctionOptions::kTimeoutMax.count());
  if (options.memory_mib < FunctionOptions::kMemoryMin || options.memory_mib > FunctionOptions::kMemoryMax)
    return InvalidArgument("the memory of function '{}' is {} MiB; it must be from {} to {}", name, options.memory_mib,
                           FunctionOptions::kMemoryMin, FunctionOptions::kMemoryMax);
  if (options.concurrency < 1 || options.concurrency > FunctionOptions::kConcurrencyMax)
    return InvalidArgument("the concurrency of function '{}' is {}; it must be from 1 to {}", name, options.concurrency,
                           FunctionOptions::kConcurrencyMax);
  if (options.warm > options.concurrency)
    return InvalidArgument("function '{}' keeps {} processes warm but may have only {}", name, options.warm,
                           options.concurrency);
  return CheckEnvironment(options);
}

}  // namespace millrace::functions
