#include "app/function_options.h"

namespace millrace::app {

functions::FunctionOptions FunctionOptionsOf(const config::Function& function, const std::string& directory) {
  functions::FunctionOptions options;
  options.name = function.name;
  switch (function.run) {
    case config::Function::Run::kNode:
      options.runtime = functions::Runtime::kNode;
      break;
    case config::Function::Run::kPython:
      options.runtime = functions::Runtime::kPython;
      break;
    case config::Function::Run::kNative:
      options.runtime = functions::Runtime::kNative;
      break;
  }
  options.handler = function.handler;
  const bool absolute = function.directory.starts_with('/');
  options.directory = absolute                     ? function.directory
                      : function.directory.empty() ? directory
                                                   : directory + "/" + function.directory;
  options.environment = function.environment;
  options.timeout = function.timeout;
  options.memory_mib = function.memory_mib;
  options.concurrency = function.concurrency;
  return options;
}

}  // namespace millrace::app
