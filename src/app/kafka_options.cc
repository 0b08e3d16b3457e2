#include "app/kafka_options.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "base/clock.h"

#include "json/parse.h"
#include "json/write.h"
#include "model/base64.h"

namespace millrace::app {
namespace {

using config::KafkaTarget;

// A token that does not say when it expires is asked for anew after so long.
constexpr std::chrono::minutes kTokenLifetime{5};
constexpr std::int64_t kFarSeconds = 1'000'000'000'000;

kafka::Sasl::Mechanism MechanismOf(KafkaTarget::Sasl::Mechanism mechanism) {
  switch (mechanism) {
    case KafkaTarget::Sasl::Mechanism::kPlain:
      return kafka::Sasl::Mechanism::kPlain;
    case KafkaTarget::Sasl::Mechanism::kScramSha256:
      return kafka::Sasl::Mechanism::kScramSha256;
    case KafkaTarget::Sasl::Mechanism::kScramSha512:
      return kafka::Sasl::Mechanism::kScramSha512;
    case KafkaTarget::Sasl::Mechanism::kOauthBearer:
      return kafka::Sasl::Mechanism::kOauthBearer;
  }
  return kafka::Sasl::Mechanism::kPlain;
}

std::string_view NameOf(KafkaTarget::Compression compression) {
  switch (compression) {
    case KafkaTarget::Compression::kNone:
      return "none";
    case KafkaTarget::Compression::kGzip:
      return "gzip";
    case KafkaTarget::Compression::kSnappy:
      return "snappy";
    case KafkaTarget::Compression::kLz4:
      return "lz4";
    case KafkaTarget::Compression::kZstd:
      return "zstd";
  }
  return "none";
}

// The middle one of a JWT's three parts, or nothing.
std::string ClaimsOf(const std::string& token) {
  std::vector<std::string> parts(1);
  for (const char c : token) {
    if (c == '.')
      parts.emplace_back();
    else
      parts.back().push_back(c);
  }
  return parts.size() == 3 ? parts[1] : std::string();
}

// The middle part of a JWT says whose it is, and until when. https://www.rfc-editor.org/rfc/rfc7519
Result<kafka::Token> TokenOf(const Secret& secret, const std::string& name) {
  kafka::Token token{.text = secret, .principal = "millrace", .expires_ms = 0};
  if (std::string claims = ClaimsOf(secret.Reveal()); !claims.empty()) {
    std::ranges::replace(claims, '-', '+');
    std::ranges::replace(claims, '_', '/');
    claims.append((4 - claims.size() % 4) % 4, '=');
    const auto bytes = model::Base64Decode(claims);
    json::Document document;
    if (bytes && document.Parse(*bytes).ok()) {
      if (const json::Value* subject = document.root().Find("sub"); subject != nullptr && subject->is_string())
        token.principal = subject->string();
      if (const json::Value* expires = document.root().Find("exp"); expires != nullptr && expires->is_number()) {
        std::string expires_text;
        json::AppendValue(expires_text, *expires);
        std::int64_t seconds = 0;
        std::from_chars(expires_text.data(), expires_text.data() + expires_text.size(), seconds);
        token.expires_ms = std::clamp<std::int64_t>(seconds, 0, kFarSeconds) * 1000;
      }
    }
  }
  const SystemClock clock;
  const std::int64_t now = clock.NowMillis();
  if (token.expires_ms == 0) token.expires_ms = now + std::chrono::milliseconds(kTokenLifetime).count();
  if (token.expires_ms <= now)
    return Err(ErrorCode::kFailedPrecondition, {}, "{}: the token has expired; put a new one in its place", name);
  return token;
}

// The password, or both in JSON.
Status ReadUser(const std::string& name, const Secret& secret, kafka::Sasl& sasl) {
  if (!sasl.user.empty()) {
    sasl.password = secret;
    return Ok();
  }
  json::Document document;
  const json::Value* user = nullptr;
  const json::Value* password = nullptr;
  if (document.Parse(secret.Reveal()).ok()) {
    user = document.root().Find("username");
    password = document.root().Find("password");
  }
  if (user == nullptr || password == nullptr || !user->is_string() || !password->is_string())
    return Err(
        ErrorCode::kFailedPrecondition, {},
        "{}: its secret is not {{\"username\": …, \"password\": …}}; or add sasl: {{user: …}}, and let the secret "
        "be the password",
        name);
  sasl.user = user->string();
  sasl.password = Secret(std::string(password->string()));
  return Ok();
}

std::string PathOf(const std::string& path, const std::string& directory) {
  return path.empty() || path.starts_with('/') || directory.empty() ? path : directory + "/" + path;
}

}  // namespace

Result<kafka::ClientOptions> ClientOptionsOf(const std::string& name, const KafkaTarget& kafka, const Secrets& secrets,
                                             const std::string& directory) {
  kafka::ClientOptions options{.name = name, .servers = kafka.servers, .timeout = kafka.timeout};
  if (!kafka.client_id.empty()) options.client_id = kafka.client_id;
  if (kafka.tls) {
    options.tls = kafka::Tls{.ca_file = PathOf(kafka.tls->ca, directory),
                             .certificate_file = PathOf(kafka.tls->certificate, directory),
                             .key = {}};
    if (kafka.tls->key) {
      ASSIGN_OR_RETURN(options.tls->key, secrets.Read(*kafka.tls->key, name));
    }
  }
  if (kafka.sasl) {
    kafka::Sasl sasl{
        .mechanism = MechanismOf(kafka.sasl->mechanism), .user = kafka.sasl->user, .password = {}, .token = {}};
    ASSIGN_OR_RETURN(const Secret secret, secrets.Read(kafka.sasl->secret, name));
    if (sasl.mechanism == kafka::Sasl::Mechanism::kOauthBearer) {
      sasl.token = [name, secrets, ref = kafka.sasl->secret]() -> Result<kafka::Token> {
        ASSIGN_OR_RETURN(const Secret text, secrets.Read(ref, name));
        return TokenOf(text, name);
      };
    } else {
      TRY(ReadUser(name, secret, sasl));
    }
    options.sasl = std::move(sasl);
  }
  return options;
}

Result<kafka::ProducerOptions> ProducerOptionsOf(const std::string& name, const KafkaTarget& kafka,
                                                 const Secrets& secrets, const std::string& directory) {
  kafka::ProducerOptions options;
  ASSIGN_OR_RETURN(options.client, ClientOptionsOf(name, kafka, secrets, directory));
  options.compression = NameOf(kafka.compression);
  options.message_bytes_max = kafka.message_bytes_max;
  if (kafka.create)
    options.create = kafka::CreateTopics{.partitions = static_cast<int>(kafka.create->partitions),
                                         .replicas = static_cast<int>(kafka.create->replicas)};
  return options;
}

Result<targets::KafkaMessageOptions> MessageOptionsOf(const KafkaTarget& kafka,
                                                      const std::string& partition_attribute) {
  using transform::Parameter;
  targets::KafkaMessageOptions options;
  options.partition_attribute = partition_attribute;
  ASSIGN_OR_RETURN(options.topic, Parameter::Parse("topic", kafka.topic));
  if (!kafka.key.empty()) {
    ASSIGN_OR_RETURN(options.key, Parameter::Parse("key", kafka.key));
  }
  if (!kafka.partition.empty()) {
    ASSIGN_OR_RETURN(options.partition, Parameter::Parse("partition", kafka.partition));
  }
  for (const auto& [header, text] : kafka.headers) {
    ASSIGN_OR_RETURN(Parameter value, Parameter::Parse(header, text));
    options.headers.emplace_back(header, std::move(value));
  }
  return options;
}

}  // namespace millrace::app
