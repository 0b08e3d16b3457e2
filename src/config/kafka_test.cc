// What is wrong with pipes from and to Kafka is named, with the way out; what is right is read.
#include <gtest/gtest.h>

#include "config/parse.h"

namespace millrace::config {
namespace {

constexpr std::string_view kBase = R"(version: 1
tables:
  events: {key: [id, "version:N"], stream: new}
  plain: {key: id, stream: new}
  offsets: {key: id}
  other: {key: name}
secrets: {kafka: {env: KAFKA}}
targets:
  orders: {kafka: {servers: "a:1, b:2", topic: orders}}
  keyed: {kafka: {servers: "a:1", topic: orders, key: $.id}}
  any: {kafka: {servers: "a:1", topic: $.kind}}
  out: {stdout: {}}
pipes:
  used: {from: table/plain, to: target/keyed}
  also: {from: target/orders, to: target/any}
  out: {from: table/plain, to: target/out}
)";

std::string Wrong(std::string_view pipe) {
  const auto outcome = Parse("f", std::string(kBase) + "  p: " + std::string(pipe) + "\n");
  std::string all;
  for (const Diagnostic& d : outcome.diagnostics) all += d.message + " / " + d.why + " / " + d.fix + "\n";
  return all;
}

TEST(Kafka, AWholeTargetIsRead) {
  const auto outcome = Parse("f", R"(version: 1
secrets: {kafka: {env: KAFKA}}
tables: {plain: {key: id, stream: new}}
pipes: {p: {from: table/plain, to: target/t}}
targets:
  t:
    kafka:
      servers: "a:1, b:2"
      topic: orders
      client-id: me
      key: $.id
      headers: {a: b}
      partition: "3"
      compression: zstd
      message-bytes: 5000
      timeout: 7s
      create: {partitions: 4, replicas: 2}
      sasl: {mechanism: SCRAM-SHA-512, user: u, secret: secret/kafka}
      tls: {ca: ca.pem, certificate: c.pem, key: secret/kafka}
)");
  ASSERT_TRUE(outcome.config);
  const auto& kafka = std::get<KafkaTarget>(outcome.config->targets[0].to);
  EXPECT_EQ(kafka.servers, "a:1,b:2");
  EXPECT_TRUE(kafka.one_topic());
  EXPECT_EQ(kafka.headers, (KafkaTarget::Texts{{"a", "b"}}));
  EXPECT_EQ(kafka.compression, KafkaTarget::Compression::kZstd);
  EXPECT_EQ(kafka.timeout, std::chrono::seconds(7));
  EXPECT_EQ(kafka.create->replicas, 2u);
  EXPECT_EQ(kafka.sasl->mechanism, KafkaTarget::Sasl::Mechanism::kScramSha512);
  EXPECT_EQ(kafka.tls->key->name, "kafka");
}

TEST(Kafka, TheOrderOfVersionsIsRead) {
  const auto outcome =
      Parse("f", std::string(kBase) +
                     "  p: {from: table/events, to: target/orders, format: event-store, order: {by: id, "
                     "sequence: version, first: detect, offsets: table/offsets, gap: skip, gap-after: "
                     "1m}}\n");
  ASSERT_TRUE(outcome.config);
  const auto& sequence = *outcome.config->pipes.back().order.sequence;
  EXPECT_EQ(sequence.attribute, "version");
  EXPECT_EQ(sequence.first, std::nullopt);
  EXPECT_EQ(sequence.gap, Sequence::Gap::kSkip);
  EXPECT_EQ(sequence.gap_after, std::chrono::minutes(1));
  EXPECT_EQ(sequence.offsets.name, "offsets");
}

TEST(Kafka, EachMisunderstandingHasItsWords) {
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"{from: target/out, to: target/orders}", "of targets, only Kafka topics can be read"},
      {"{from: target/any, to: target/orders}", "its topic is a path into what is written"},
      {"{from: target/orders, to: target/orders}", "a message in a circle never comes to rest"},
      {"{from: target/orders, to: target/out, format: crud}", "Kafka has messages"},
      {"{from: table/plain, to: target/out, format: event-store}", "the format event-store has no place here"},
      {"{from: table/plain, to: target/keyed, format: event-store}", "makes key and headers itself"},
      {"{from: table/plain, to: target/orders, order: {by: id}}", "order.by cannot be 'id'"},
      {"{from: table/plain, to: target/orders, order: {by: partition, first: 1}}", "order.first has no effect here"},
      {"{from: table/events, to: target/orders, format: event-store, order: {by: id, sequence: version}}",
       "order.offsets is missing"},
      {"{from: table/plain, to: target/orders, format: event-store, order: {by: id, sequence: version, offsets: "
       "table/offsets}}",
       "'version' is not a sort key of type N of table/plain"},
      {"{from: table/events, to: target/orders, format: event-store, order: {by: no, sequence: version, offsets: "
       "table/offsets}}",
       "'no' is not the partition key of table/events"},
      {"{from: table/events, to: target/orders, order: {by: id, sequence: version, offsets: table/offsets}}",
       "order.sequence has no effect here"},
      {"{from: table/events, to: target/orders, format: event-store, order: {by: id, sequence: version, offsets: "
       "table/other}}",
       "table/other cannot keep offsets"},
      {"{from: table/events, to: target/orders, format: event-store, order: {by: id, sequence: version, offsets: "
       "table/offsets}, after-failure: continue}",
       "going on without an event exclude each other"},
      {"{from: table/events, to: target/orders, format: event-store, order: {by: id, sequence: version, offsets: "
       "table/offsets, gap-after: 1m}}",
       "order.gap-after has no effect here"},
  };
  for (const auto& [pipe, words] : kCases) EXPECT_NE(Wrong(pipe).find(words), std::string::npos) << pipe << Wrong(pipe);
}

}  // namespace
}  // namespace millrace::config
