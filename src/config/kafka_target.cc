#include "config/kafka_target.h"

#include <fmt/core.h>

#include <algorithm>

#include "transform/parameter.h"

namespace millrace::config {
namespace {

KafkaTarget::Sasl ReadSasl(Fields& sasl) {
  using enum KafkaTarget::Sasl::Mechanism;
  constexpr KafkaTarget::Sasl::Mechanism kMechanisms[] = {kPlain, kScramSha256, kScramSha512, kOauthBearer};
  KafkaTarget::Sasl read;
  if (const auto mechanism = sasl.Choice("mechanism")) read.mechanism = kMechanisms[*mechanism];
  read.user = sasl.Text("user").value_or("");
  read.secret = sasl.Reference("secret").value_or(read.secret);
  if (read.mechanism == kOauthBearer && sasl.Has("user"))
    sasl.report().Add(code::kBadValue, sasl.Place("user"), sasl.ref(),
                      {fmt::format("{}: {} has no effect here", sasl.ref(), sasl.Path("user")),
                       "a token says itself whose it is", "remove the key"});
  return read;
}

KafkaTarget::Tls ReadTls(Fields& tls) {
  KafkaTarget::Tls read;
  read.ca = tls.Text("ca").value_or("");
  read.certificate = tls.Text("certificate").value_or("");
  read.key = tls.Reference("key");
  if (tls.Has("certificate") != tls.Has("key"))
    tls.report().Add(code::kMissingKey, tls.Place(tls.Has("key") ? "key" : "certificate"), tls.ref(),
                     {fmt::format("{}: {} is missing", tls.ref(), tls.Path(tls.Has("key") ? "certificate" : "key")),
                      "a certificate and its key go together", "add it, or remove the other"});
  return read;
}

}  // namespace

KafkaTarget ReadKafkaTarget(Fields& kafka) {
  using enum KafkaTarget::Compression;
  constexpr KafkaTarget::Compression kCompressions[] = {kNone, kGzip, kSnappy, kLz4, kZstd};
  KafkaTarget to;
  to.servers = kafka.Text("servers").value_or("");
  to.servers.erase(std::remove(to.servers.begin(), to.servers.end(), ' '), to.servers.end());
  to.topic = kafka.Text("topic").value_or("");
  to.key = kafka.Text("key").value_or("");
  to.headers = kafka.Texts("headers");
  to.partition = kafka.Text("partition").value_or("");
  to.client_id = kafka.Text("client-id").value_or("");
  if (const auto compression = kafka.Choice("compression")) to.compression = kCompressions[*compression];
  to.message_bytes_max = static_cast<std::uint32_t>(kafka.Integer("message-bytes").value_or(to.message_bytes_max));
  to.timeout = kafka.Duration("timeout").value_or(to.timeout);
  kafka.Nested("create", [&](Fields& create) {
    to.create.emplace();
    to.create->partitions = static_cast<std::uint32_t>(create.Integer("partitions").value_or(1));
    to.create->replicas = static_cast<std::uint32_t>(create.Integer("replicas").value_or(1));
  });
  kafka.Nested("sasl", [&](Fields& sasl) { to.sasl = ReadSasl(sasl); });
  kafka.Nested("tls", [&](Fields& tls) { to.tls = ReadTls(tls); });
  for (const auto& [name, value] : to.headers)
    if (!transform::Parameter::Parse(name, value).ok())
      kafka.report().Add(code::kBadValue, kafka.Place("headers"), kafka.ref(),
                         {fmt::format("{}: {} of {} is not a path", kafka.ref(), kafka.Path("headers"), name),
                          fmt::format("'{}' begins like one; a path has letters, digits, _, - and [0]", value),
                          {}});
  return to;
}

}  // namespace millrace::config
