#include "flow/state_store.h"

#include <condition_variable>
#include <mutex>

namespace millrace::flow {

Status WriteAndWait(StateStore& store, std::vector<StateRow> rows) {
  std::mutex mutex;
  std::condition_variable ready;
  std::optional<Status> result;
  store.Write(std::move(rows), [&](Status status) {
    std::lock_guard lock(mutex);
    result = std::move(status);
    ready.notify_one();
  });
  std::unique_lock lock(mutex);
  ready.wait(lock, [&] { return result.has_value(); });
  return *std::move(result);
}

}  // namespace millrace::flow
