#include "functions/launch.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "functions/bootstrap_text.h"

namespace millrace::functions {
namespace {

// What a function gets from this process's environment: where programs are, how text is written.
constexpr std::array<const char*, 8> kInherited = {
    "PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"};

// Beyond what the function may use: a runtime maps more than it touches, threads have stacks. The memory in use is
// watched; this only stops one that grows faster than anybody looks.
constexpr std::uint64_t kDataHeadroom = std::uint64_t{1} << 30;

Status WriteFile(const std::string& path, std::string_view text) {
  std::error_code absent;
  if (std::filesystem::exists(path, absent)) return Ok();
  std::ofstream file(path, std::ios::binary);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  if (!file) return Err(ErrorCode::kIo, {}, "cannot write {}", path);
  return Ok();
}

bool IsExecutableFile(const std::string& path) {
  struct stat about = {};
  return ::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

std::string NativeExecutable(const FunctionOptions& function) {
  if (!function.handler.empty()) {
    std::string named = function.handler[0] == '/' ? function.handler : function.directory + "/" + function.handler;
    if (IsExecutableFile(named)) return named;
  }
  return function.directory + "/bootstrap";
}

std::vector<std::string> CommandOf(const FunctionOptions& function, const Bootstraps& bootstraps) {
  if (!function.command.empty()) return function.command;
  switch (function.runtime) {
    case Runtime::kNode:
      // V8 collects before it reaches the limit at which the process would be killed.
      return {"node", fmt::format("--max-old-space-size={}", std::max<std::uint32_t>(function.memory_mib * 9 / 10, 32)),
              bootstraps.directory() + "/bootstrap.cjs"};
    case Runtime::kPython:
      return {"python3", bootstraps.directory() + "/bootstrap.py"};
    case Runtime::kNative:
      break;
  }
  return {NativeExecutable(function)};
}

std::string_view ExecutionEnvironment(Runtime runtime) {
  switch (runtime) {
    case Runtime::kNode:
      return "AWS_Lambda_nodejs";
    case Runtime::kPython:
      return "AWS_Lambda_python";
    case Runtime::kNative:
      break;
  }
  return "AWS_Lambda_provided";
}

}  // namespace

Bootstraps::~Bootstraps() {
  if (directory_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

Status Bootstraps::Provide() {
  std::error_code absent;
  if (directory_.empty() || !std::filesystem::is_directory(directory_, absent)) {
    const char* given = std::getenv("TMPDIR");
    std::string name = std::string(given != nullptr && given[0] == '/' ? given : "/tmp") + "/millrace-runtime-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr)
      return Err(ErrorCode::kIo, {}, "cannot make a directory for the runtimes: {}", ::strerrordesc_np(errno));
    directory_ = std::move(name);
  }
  TRY(WriteFile(directory_ + "/bootstrap.cjs", kNodeBootstrap));
  return WriteFile(directory_ + "/bootstrap.py", kPythonBootstrap);
}

std::string FunctionArn(std::string_view account, std::string_view region, std::string_view name) {
  return fmt::format("arn:aws:lambda:{}:{}:function:{}", region, account, name);
}

ChildOptions LaunchOf(const FunctionOptions& function, const FunctionsOptions& options, const Bootstraps& bootstraps,
                      std::uint16_t api_port, std::string_view log_stream) {
  Environment environment;
  for (const char* name : kInherited)
    if (const char* value = std::getenv(name)) environment.emplace_back(name, value);
  auto set = [&environment](std::string_view name, std::string value) {
    const auto same = std::ranges::find_if(environment, [&](const auto& variable) { return variable.first == name; });
    if (same != environment.end()) {
      same->second = std::move(value);
    } else {
      environment.emplace_back(name, std::move(value));
    }
  };
  if (std::getenv("LANG") == nullptr) set("LANG", "C.UTF-8");
  set("TZ", ":UTC");
  if (!options.endpoint_url.empty()) set("AWS_ENDPOINT_URL", options.endpoint_url);
  // What a user sets wins over what stands above, and not over what stands below.
  for (const auto& [name, value] : function.environment) set(name, value);
  set("_HANDLER", function.handler);
  set("AWS_LAMBDA_RUNTIME_API", fmt::format("127.0.0.1:{}", api_port));
  set("LAMBDA_TASK_ROOT", function.directory);
  set("LAMBDA_RUNTIME_DIR", bootstraps.directory());
  set("AWS_LAMBDA_FUNCTION_NAME", function.name);
  set("AWS_LAMBDA_FUNCTION_VERSION", function.version);
  set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", std::to_string(function.memory_mib));
  set("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/" + function.name);
  set("AWS_LAMBDA_LOG_STREAM_NAME", std::string(log_stream));
  set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
  set("AWS_EXECUTION_ENV", std::string(ExecutionEnvironment(function.runtime)));
  set("AWS_REGION", function.region);
  set("AWS_DEFAULT_REGION", function.region);
  // The access key's digits are the account that its requests are for.
  set("AWS_ACCESS_KEY_ID", function.account);
  set("AWS_SECRET_ACCESS_KEY", "millrace");
  set("AWS_SESSION_TOKEN", "millrace");

  ChildOptions child;
  child.command = CommandOf(function, bootstraps);
  for (const auto& [name, value] : environment) child.environment.push_back(name + "=" + value);
  child.directory = function.directory;
  child.data_bytes_max = (std::uint64_t{function.memory_mib} << 20) * 2 + kDataHeadroom;
  return child;
}

}  // namespace millrace::functions
