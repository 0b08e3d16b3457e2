// ClientOptions say how to reach a Kafka cluster, and as whom.
//
// Threads:   plain values; `token` is called on a client's own thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"

namespace millrace::kafka {

// For OAUTHBEARER.
struct Token {
  Secret text;
  std::string principal;
  std::int64_t expires_ms = 0;  // since the epoch
};

struct Sasl {
  enum class Mechanism : std::uint8_t { kPlain, kScramSha256, kScramSha512, kOauthBearer };
  Mechanism mechanism = Mechanism::kPlain;
  std::string user;
  Secret password;
  std::function<Result<Token>()> token;  // kOauthBearer: asked before the last one expires
};

struct Tls {
  std::string ca_file;  // empty: the system's
  std::string certificate_file;
  Secret key;  // PEM
};

struct ClientOptions {
  std::string name;     // in messages: "target/orders"
  std::string servers;  // "a:9092,b:9092"
  std::string client_id = "millrace";
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  std::optional<Sasl> sasl = {};
  std::optional<Tls> tls = {};
};

// The library's version, "2.0.2", and whether it can do SCRAM with brokers that check all of the nonce, as Kafka 4 does
// (confluentinc/librdkafka#4895: since 2.6.1).
std::string LibraryVersion();
bool ScramWorksWithKafka4();

// What the library says of an error of its own, with what is known to be behind it.
std::string Explain(const ClientOptions& options, std::string_view what);

}  // namespace millrace::kafka
