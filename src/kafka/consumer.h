// Consumer reads one topic from wherever it is asked to, partition by partition: of transactions, what was committed.
//
// It belongs to no group of consumers: who reads keeps the place, and several read the same.
//
// Threads:   thread-safe. A thread of its own learns of partitions and errors; `wake` is called by the library's
//            threads and must only note it.
// Ownership: `wake` is not called any more once Close returned.
// Failure:   Unavailable as long as the cluster is; FailedPrecondition with reason::kGone if what was asked for is not
//            there any more.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kafka/client_options.h"

namespace millrace::kafka {

namespace reason {
inline constexpr std::string_view kGone = "Gone";
}

struct Received {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t time_ms = 0;
  bool append_time = false;  // the broker's time, not the producer's
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers;

  std::size_t SizeBytes() const { return sizeof(Received) + (key ? key->size() : 0) + (value ? value->size() : 0); }
};

// The offset of the next message, by partition. A partition that is not named: from its oldest message on.
using Offsets = std::map<std::int32_t, std::int64_t>;

struct ConsumerOptions {
  ClientOptions client;
  std::string topic;
  std::function<void()> wake;  // there is more to take
};

class Consumer {
 public:
  static Result<std::unique_ptr<Consumer>> Create(ConsumerOptions options);
  ~Consumer();

  // Each asks the cluster, and waits for its answer. Of partitions that have no messages there yet: 0.
  Result<Offsets> End();
  Result<Offsets> AtTime(std::int64_t time_ms);
  struct Taken {
    std::vector<Received> messages;
    Offsets next;
    bool at_end = false;  // nothing more has come yet
  };
  // What comes after `from`. Never waits: what has not come yet, `wake` announces.
  Result<Taken> Take(const Offsets& from, std::size_t messages_max, std::size_t bytes_max);
  // How many messages there are behind, as far as is known without asking.
  std::uint64_t Behind(const Offsets& from);
  // Idempotent.
  void Close();

 private:
  class Client;
  explicit Consumer(std::unique_ptr<Client> client);
  std::unique_ptr<Client> client_;
};

}  // namespace millrace::kafka
