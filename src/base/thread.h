// Thread is a named std::jthread with a role; every thread of the process is one.
//
// Threads:   externally synchronised.
// Failure:   the entry point is noexcept: an exception that escapes it ends the process.
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace millrace {

enum class ThreadRole { kAccept, kRequest, kFlow, kCommit, kBackground };

class Thread {
 public:
  Thread() = default;
  // `name` shows in top and in stack traces; the kernel keeps 15 characters.
  Thread(ThreadRole role, std::string name, std::function<void()> body);
  Thread(Thread&&) noexcept = default;
  Thread& operator=(Thread&&) noexcept = default;
  ~Thread() { Join(); }

  // Waits for the body to return. Twice is fine.
  void Join();
  bool joinable() const { return thread_.joinable(); }

 private:
  std::thread thread_;
};

}  // namespace millrace
