// Producer sends messages to Kafka: idempotent, acknowledged by all replicas that are in sync, keys spread over
// partitions as Java's client does it.
//
// What was sent and not acknowledged in time may be stored, or may yet be. After such an end, and after every error
// that the library calls fatal, the client is thrown away with all that it still holds, and a new one, with a new
// identity at the brokers, goes on: so nothing that the old one still tries can come between. Everything that it held
// is answered kRetry. Whoever sends must not send a later message of a key before the one before is answered; then the
// first occurrences of a key's messages are in order, and none is missing before one that is there.
//
// A broker that refuses a batch as too large refuses all of its messages. The producer then sends every message in a
// batch of its own, so that only the one that is too large is refused.
//
// Threads:   thread-safe. Nothing runs before the first Send. Completions come from the producer's thread, or from
// Send. Ownership: Close answers everything that is under way and stops the threads; a later Send starts them again.
// Failure:   in the deliveries; so is what is wrong with a certificate or a key. Create: InvalidArgument for options
// that
//            no client can be made of.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kafka/client_options.h"

namespace millrace::kafka {

struct Message {
  std::string topic;
  std::optional<std::string> key;
  std::string_view value;  // valid until Send returns
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::int32_t> partition;  // nothing: by the key, or at random
};

struct Delivery {
  enum class Outcome : std::uint8_t {
    kStored,
    kRetry,    // not known to be stored
    kRefused,  // this message never will be
  };
  Outcome outcome = Outcome::kRetry;
  bool down = false;  // nobody takes anything
  bool wait = false;  // nothing is wrong: the queue is full, or a topic is being made
  std::optional<Error> error;
};

struct CreateTopics {
  int partitions = 1;
  int replicas = 1;
};

struct ProducerOptions {
  ClientOptions client;
  std::string compression = "none";  // as librdkafka calls them
  std::size_t message_bytes_max = 1'000'000;
  std::chrono::milliseconds linger{2};
  std::optional<CreateTopics> create = {};  // what is not there
};

class Producer {
 public:
  using Done = std::function<void(std::vector<Delivery>)>;

  static Result<std::unique_ptr<Producer>> Create(ProducerOptions options);
  ~Producer();

  // Answers each message, in their order. Never blocks.
  void Send(std::span<const Message> messages, Done done);
  void Close();
  // How often a client was thrown away.
  std::uint64_t renewals() const;

 private:
  class Client;
  explicit Producer(std::unique_ptr<Client> client);
  std::unique_ptr<Client> client_;
};

}  // namespace millrace::kafka
