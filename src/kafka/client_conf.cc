#include "kafka/client_conf.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "base/log.h"

namespace millrace::kafka {
namespace {

std::string_view NameOf(Sasl::Mechanism mechanism) {
  switch (mechanism) {
    case Sasl::Mechanism::kPlain:
      return "PLAIN";
    case Sasl::Mechanism::kScramSha256:
      return "SCRAM-SHA-256";
    case Sasl::Mechanism::kScramSha512:
      return "SCRAM-SHA-512";
    case Sasl::Mechanism::kOauthBearer:
      return "OAUTHBEARER";
  }
  return "PLAIN";
}

void OnLog(const rd_kafka_t*, int, const char* facility, const char* text) {
  log::Debug("kafka: {}: {}", facility, text);
}

}  // namespace

std::string LibraryVersion() {
  return rd_kafka_version_str();
}

bool ScramWorksWithKafka4() {
  return rd_kafka_version() >= 0x02060100;
}

std::string Explain(const ClientOptions& options, std::string_view what) {
  const bool scram = options.sasl && (options.sasl->mechanism == Sasl::Mechanism::kScramSha256 ||
                                      options.sasl->mechanism == Sasl::Mechanism::kScramSha512);
  if (!scram || ScramWorksWithKafka4() || what.find("invalid credentials") == std::string_view::npos)
    return std::string(what);
  return fmt::format("{} (or the broker is Kafka 4, with which SCRAM needs librdkafka 2.6.1, and this is {})", what,
                     LibraryVersion());
}

bool Events::Serve(rd_kafka_s* client, rd_kafka_op_s* event) {
  switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_ERROR: {
      // "All brokers are down" follows what was wrong with each of them, and says less.
      const bool all = rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
      if (!all || last_error().empty()) OnError(rd_kafka_event_error_string(event));
      return true;
    }
    case RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH:
      GiveToken(client);
      return true;
    default:
      return false;
  }
}

void Events::GiveToken(rd_kafka_s* client) {
  auto token = options_.sasl->token();
  std::string wrong;
  if (token.ok()) {
    char why[256];
    if (rd_kafka_oauthbearer_set_token(client, token->text.Reveal().c_str(), token->expires_ms,
                                       token->principal.c_str(), nullptr, 0, why,
                                       sizeof why) == RD_KAFKA_RESP_ERR_NO_ERROR)
      return;
    wrong = "the token cannot be sent, or is too old";  // the library's own words may show it
  } else {
    wrong = token.error().message();
  }
  OnError(wrong);
  rd_kafka_oauthbearer_set_token_failure(client, wrong.c_str());
}

void Events::OnError(std::string what) {
  log::Debug("{}: {}", options_.name, what);
  std::lock_guard lock(mutex_);
  last_error_ = std::move(what);
}

std::string Events::last_error() const {
  std::lock_guard lock(mutex_);
  return last_error_.empty() ? last_error_ : Explain(options_, last_error_);
}

void Events::Forget() {
  std::lock_guard lock(mutex_);
  last_error_.clear();
}

ClientConf::ClientConf() : conf_(rd_kafka_conf_new()) {}

ClientConf::~ClientConf() {
  if (conf_ != nullptr) rd_kafka_conf_destroy(conf_);
}

Status ClientConf::Set(const char* name, const std::string& value) {
  char why[512];
  if (rd_kafka_conf_set(conf_, name, value.c_str(), why, sizeof why) == RD_KAFKA_CONF_OK) return Ok();
  return InvalidArgument("{}", why);
}

Status ClientConf::Fill(const ClientOptions& options) {
  rd_kafka_conf_set_log_cb(conf_, OnLog);
  rd_kafka_conf_set_events(conf_, RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH | RD_KAFKA_EVENT_DR);
  const auto timeout = std::to_string(std::clamp<std::int64_t>(options.timeout.count(), 1000, 60'000));
  TRY(Set("bootstrap.servers", options.servers));
  TRY(Set("client.id", options.client_id));
  TRY(Set("socket.timeout.ms", timeout));
  TRY(Set("socket.keepalive.enable", "true"));
  TRY(Set("socket.nagle.disable", "true"));
  TRY(Set("log.connection.close", "false"));
  TRY(Set("reconnect.backoff.max.ms", "2000"));
  const bool tls = options.tls.has_value();
  TRY(Set("security.protocol", options.sasl ? tls ? "sasl_ssl" : "sasl_plaintext" : tls ? "ssl" : "plaintext"));
  if (tls) {
    if (!options.tls->ca_file.empty()) TRY(Set("ssl.ca.location", options.tls->ca_file));
    if (!options.tls->certificate_file.empty()) TRY(Set("ssl.certificate.location", options.tls->certificate_file));
    if (!options.tls->key.empty() && !Set("ssl.key.pem", options.tls->key.Reveal()).ok())
      return InvalidArgument("the private key is not one in PEM");  // the library's words may show it
  }
  if (!options.sasl) return Ok();
  TRY(Set("sasl.mechanism", std::string(NameOf(options.sasl->mechanism))));
  if (options.sasl->mechanism == Sasl::Mechanism::kOauthBearer) return Ok();
  TRY(Set("sasl.username", options.sasl->user));
  if (!Set("sasl.password", options.sasl->password.Reveal()).ok())
    return InvalidArgument("the password is none that can be sent");
  return Ok();
}

}  // namespace millrace::kafka
