// FunctionRig is a running Functions over handlers that a test writes into a temporary directory.
//
// Threads: one test's.
#pragma once

#include <stdlib.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "functions/functions.h"

namespace millrace::functions::testing {

class FunctionRig {
 public:
  explicit FunctionRig(bool logged = true)
      : functions_({.endpoint_url = "http://127.0.0.1:4566",
                    .log = logged ? LogInto() : std::function<void(const LogLine&)>()},
                   clock_, random_) {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-function-XXXXXX").string();
    CHECK(::mkdtemp(pattern.data()) != nullptr, "no temporary directory");
    directory_ = pattern;
    CHECK(functions_.Start().ok(), "functions do not start");
  }
  ~FunctionRig() {
    functions_.Stop();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  Functions& functions() { return functions_; }
  const std::string& directory() const { return directory_; }

  // Whole at once, as an editor does it that renames.
  void Write(const std::string& file, std::string_view text) {
    const std::filesystem::path path = std::filesystem::path(directory_) / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  FunctionOptions Node(const std::string& name, std::string_view source, const std::string& file = "index.js") {
    Write(file, source);
    FunctionOptions options;
    options.name = name;
    options.handler = std::filesystem::path(file).replace_extension().string() + ".handler";
    options.directory = directory_;
    options.timeout = std::chrono::milliseconds(20'000);
    options.memory_mib = 256;
    return options;
  }
  FunctionOptions Python(const std::string& name, std::string_view source) {
    FunctionOptions options = Node(name, source, "app.py");
    options.runtime = Runtime::kPython;
    return options;
  }
  void Add(const FunctionOptions& options) {
    const Status added = functions_.Add(options);
    CHECK(added.ok(), "the function is refused");
  }

  InvokeResult Invoke(const std::string& name, std::string payload = "{}", InvokeOptions options = {}) {
    std::vector<InvokeResult> results = InvokeMany(name, {std::move(payload)}, std::move(options));
    return std::move(results[0]);
  }
  // All at once; the answers in the order of the payloads.
  std::vector<InvokeResult> InvokeMany(const std::string& name, std::vector<std::string> payloads,
                                       const InvokeOptions& options = {}) {
    std::mutex mutex;
    std::condition_variable ready;
    std::size_t left = payloads.size();
    std::vector<InvokeResult> results(payloads.size());
    for (std::size_t i = 0; i < payloads.size(); ++i) {
      functions_.Invoke(name, std::move(payloads[i]), options, [&, i](InvokeResult result) {
        std::lock_guard lock(mutex);
        results[i] = std::move(result);
        if (--left == 0) ready.notify_one();
      });
    }
    std::unique_lock lock(mutex);
    ready.wait(lock, [&] { return left == 0; });
    return results;
  }

  struct Line {
    std::string request_id;
    bool platform;
    std::string text;
  };
  std::vector<Line> lines() {
    std::lock_guard lock(mutex_);
    return lines_;
  }
  std::vector<std::string> TextsOf(const std::string& request_id) {
    std::vector<std::string> texts;
    for (const Line& line : lines())
      if (line.request_id == request_id) texts.push_back(line.text);
    return texts;
  }

 private:
  std::function<void(const LogLine&)> LogInto() {
    return [this](const LogLine& line) {
      std::lock_guard lock(mutex_);
      if (lines_.size() < 100'000)
        lines_.push_back({std::string(line.request_id), line.platform, std::string(line.text.substr(0, 1000))});
    };
  }

  SystemClock clock_;
  SystemRandom random_;
  std::string directory_;
  std::mutex mutex_;
  std::vector<Line> lines_;  // guarded by mutex_
  Functions functions_;
};

// True while a process of this number exists and is no zombie.
inline bool IsAlive(int pid) {
  std::ifstream stat(fmt::format("/proc/{}/stat", pid));
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  const std::size_t end = text.rfind(')');
  return end != std::string::npos && end + 2 < text.size() && text[end + 2] != 'Z' && text[end + 2] != 'X';
}

}  // namespace millrace::functions::testing
