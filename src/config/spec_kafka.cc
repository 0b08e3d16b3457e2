// The keys of Kafka targets. docs/reference/kafka.md says at length what they do.
#include <algorithm>
#include <array>

#include "config/kafka_target.h"
#include "config/limits.h"
#include "config/spec_parts.h"
#include "transform/parameter.h"

namespace millrace::config {
namespace {

using enum FieldKind;

constexpr std::array kSecretRef = {RefKind::kSecret};
constexpr std::array kMechanisms = {std::string_view("PLAIN"), std::string_view("SCRAM-SHA-256"),
                                    std::string_view("SCRAM-SHA-512"), std::string_view("OAUTHBEARER")};
constexpr std::array kCompressions = {std::string_view("none"), std::string_view("gzip"), std::string_view("snappy"),
                                      std::string_view("lz4"), std::string_view("zstd")};

bool IsServers(std::string_view text) {
  while (true) {
    const std::size_t comma = text.find(',');
    std::string_view server = text.substr(0, comma);
    while (server.starts_with(' ')) server.remove_prefix(1);
    while (server.ends_with(' ')) server.remove_suffix(1);
    std::string_view host;
    std::uint16_t port = 0;
    if (server.size() > 300 || !SplitHostPort(server, host, port) || port == 0 ||
        !std::ranges::all_of(host, [](char c) { return c > ' ' && c < 0x7f && c != '/'; }))
      return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}
bool IsTopic(std::string_view text) {
  if (text.starts_with('$')) return transform::Parameter::Parse("topic", text).ok();
  // https://github.com/apache/kafka/blob/trunk/clients/src/main/java/org/apache/kafka/common/internals/Topic.java
  return text != "." && text != ".." && IsName(text, 1, 249);
}
bool IsParameter(std::string_view text) {
  return IsNotEmpty(text) && transform::Parameter::Parse("key", text).ok();
}
bool IsPartition(std::string_view text) {
  if (text.starts_with('$')) return transform::Parameter::Parse("partition", text).ok();
  return !text.empty() && text.size() <= 6 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}
bool IsClientId(std::string_view text) {
  return IsName(text, 1, 249);
}

constexpr std::array kSaslFields = {
    Field{.name = "mechanism",
          .kind = kChoice,
          .summary = "How it says who it is.",
          .required = true,
          .choices = kMechanisms},
    Field{.name = "secret",
          .kind = kReference,
          .summary =
              "The password; or, without `user`, `{\"username\": …, \"password\": …}`. For OAUTHBEARER the token, a "
              "JWT, read anew whenever one is needed.",
          .required = true,
          .kinds = kSecretRef},
    Field{.name = "user",
          .kind = kText,
          .summary = "The user.",
          .otherwise = "in the secret",
          .pattern = "^[\\s\\S]+$",
          .wants = "text",
          .accepts = IsNotEmpty},
};
constexpr Object kSasl{.name = "sasl", .fields = kSaslFields};

constexpr std::array kTlsFields = {
    Field{.name = "ca",
          .kind = kText,
          .summary = "A file with the certificates of who signs for the brokers (PEM), relative to this one.",
          .otherwise = "those of the system",
          .pattern = "^[\\s\\S]+$",
          .wants = "a path",
          .accepts = IsNotEmpty},
    Field{.name = "certificate",
          .kind = kText,
          .summary = "A file with the client's own certificate (PEM).",
          .otherwise = "none",
          .pattern = "^[\\s\\S]+$",
          .wants = "a path",
          .accepts = IsNotEmpty},
    Field{.name = "key",
          .kind = kReference,
          .summary = "Its private key (PEM).",
          .otherwise = "none",
          .kinds = kSecretRef},
};
constexpr Object kTls{.name = "tls", .fields = kTlsFields};

constexpr std::array kCreateFields = {
    Field{.name = "partitions",
          .kind = kInteger,
          .summary = "How many partitions it gets.",
          .otherwise = "1",
          .low = 1,
          .high = 10'000},
    Field{.name = "replicas",
          .kind = kInteger,
          .summary = "On how many brokers each of them is.",
          .otherwise = "1",
          .low = 1,
          .high = 100},
};
constexpr Object kCreate{.name = "create", .fields = kCreateFields};

constexpr std::array kKafkaFields = {
    Field{.name = "servers",
          .kind = kText,
          .summary = "Brokers to begin with: `host:port`, with commas between.",
          .required = true,
          .pattern = "^[^,\\s/]+:[0-9]{1,5}( *, *[^,\\s/]+:[0-9]{1,5})*$",
          .wants = "host:port, or several with commas between",
          .accepts = IsServers},
    Field{.name = "topic",
          .kind = kText,
          .summary = "The topic, or a path into what is delivered.",
          .required = true,
          .pattern = "^([A-Za-z0-9._-]{1,249}|\\$.+)$",
          .wants = "a topic's name, or a path such as $.kind",
          .accepts = IsTopic},
    Field{.name = "key",
          .kind = kText,
          .summary = "The message's key: a text, or a path into what is delivered. Nothing there: no key.",
          .otherwise = "of a table's changes the partition key, else what shares a lane",
          .pattern = "^[\\s\\S]+$",
          .wants = "text; a path has letters, digits, _, - and [0]",
          .accepts = IsParameter},
    Field{.name = "headers",
          .kind = kTexts,
          .summary = "The message's headers: texts, or paths into what is delivered. What is not there is left out.",
          .otherwise = "none",
          .high = limits::kHttpFieldsMax},
    Field{.name = "partition",
          .kind = kText,
          .summary = "The partition: a number, or a path to one.",
          .otherwise = "by the key, as Java's client does it (murmur2)",
          .pattern = "^([0-9]{1,6}|\\$.+)$",
          .wants = "a number in quotes, or a path such as $.partition",
          .accepts = IsPartition},
    Field{.name = "client-id",
          .kind = kText,
          .summary = "What the brokers call this client.",
          .otherwise = "millrace",
          .pattern = "^[A-Za-z0-9._-]{1,249}$",
          .wants = "letters, digits, dots, underscores and hyphens",
          .accepts = IsClientId},
    Field{.name = "compression",
          .kind = kChoice,
          .summary = "How batches are compressed.",
          .otherwise = "none",
          .choices = kCompressions},
    Field{.name = "message-bytes",
          .kind = kInteger,
          .summary = "The most bytes of one message. A larger one is a dead letter at once.",
          .otherwise = "1000000",
          .low = 1000,
          .high = 100 * 1024 * 1024},
    Field{.name = "timeout",
          .kind = kDuration,
          .summary = "How long the brokers may take to store a message before the target counts as down.",
          .otherwise = "30s",
          .low = kSecond,
          .high = 15 * kMinute},
    Field{.name = "create",
          .kind = kObject,
          .summary = "Makes a topic that is not there.",
          .otherwise = "it has to be there",
          .object = &kCreate},
    Field{.name = "sasl", .kind = kObject, .summary = "How it says who it is.", .otherwise = "not", .object = &kSasl},
    Field{.name = "tls",
          .kind = kObject,
          .summary = "Encrypts: `{}`, or with keys.",
          .otherwise = "not",
          .object = &kTls},
    Field{.name = "transactional"},
};

}  // namespace

constexpr Object kKafkaObject{.name = "kafka", .fields = kKafkaFields};

}  // namespace millrace::config
