#include "base/thread.h"

#include <pthread.h>

namespace millrace {

Thread::Thread(ThreadRole /*role*/, std::string name, std::function<void()> body)
    : thread_([name = std::move(name), body = std::move(body)]() noexcept {
        pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
        body();
      }) {}

void Thread::Join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace millrace
